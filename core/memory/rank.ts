import type { Around } from './conversations.ts'
import type { WordHits } from './fulltext.ts'
import type { Row } from './record.ts'

/** How much of a memory's score is its own and its neighbours' words, its meaning, and the meaning around it. */
const WORDS = 1
const MEANING = 0.4
const MEANING_AROUND = 0.7
/** For who said it and when, if the question names them; and against what only asks. */
const SPEAKER = 0.4
const TIME = 0.6
const ASKS = 0.2
/** How soon more of the same word around a memory stops to count. */
const SATURATION = 0.8
/** How much a memory that is longer than the average loses: it has any word by chance. */
const LENGTH = 0.15
/** What a memory counts for the one that stands so to it, as `Around` gives them: it is two after that, just after, … */
const FOR_TWO_BEFORE = 0.2
const FOR_BEFORE = 0.4
const FOR_AFTER = 0.5
const FOR_TWO_AFTER = 0.3
const ALL_AROUND = FOR_TWO_BEFORE + FOR_BEFORE + FOR_AFTER + FOR_TWO_AFTER

export interface Ranked {
  readonly row: Row
  /** 0 … 1 */
  readonly score: number
}

/** Why a memory may be an answer; each 0 … 1 or a little more. */
export interface Evidence {
  /** What part of the question's words it has, with those said around it. */
  readonly words: number
  /** Cosine, of it and on the average of what was said around it; 0 when the search has no meaning to go by. */
  readonly meaning: number
  readonly meaningAround: number
}

/** Of a memory that is looked at for another reason. */
export const NOTHING: Evidence = { words: 0, meaning: 0, meaningAround: 0 }

/** What a row and the question add to the evidence. */
export interface Fit {
  /** Whether the search has a meaning to go by. */
  readonly byMeaning: boolean
  /** 1 = as long as the average memory of the namespace. */
  readonly length: number
  /** Whether it was said by the one whom the question names; undefined when it names nobody. */
  readonly speaker: boolean | undefined
  /** 0 … 1; undefined when the question names no time. */
  readonly time: number | undefined
  /** It is a question itself, which says little. */
  readonly asks: boolean
}

/**
 * The evidence for each hit and for what was said around it: a memory is found by what it answers, and an answer by its
 * question. Words that are said again around it count once and a little; the meaning around it is an average.
 * @param cosines of the hits; a memory that is not among them is no nearer than the farthest of them
 */
export function weigh({
  words: { weights, whole, memories },
  cosines,
  nearest,
  hits,
  arounds,
}: {
  words: WordHits
  cosines: ReadonlyMap<number, number> | undefined
  nearest: number
  hits: Iterable<number>
  arounds: readonly Around[]
}): Map<number, Evidence> {
  const farthest = cosines ? farthestOf(cosines, nearest) : 0
  const gathered = new Map<number, Gathered>()
  const at = (number: number): Gathered => {
    const known = gathered.get(number)
    if (known) return known
    const fresh: Gathered = { words: new Map(), cosines: 0, seen: 0, all: 1 + ALL_AROUND }
    gathered.set(number, fresh)
    return fresh
  }
  function lend(from: number, to: number, share: number): void {
    const receiver = at(to)
    for (const word of memories.get(from) ?? []) {
      receiver.words.set(word, (receiver.words.get(word) ?? 0) + share)
    }
    const cosine = cosines?.get(from)
    if (cosine === undefined) return
    receiver.cosines += share * Math.max(farthest, cosine)
    receiver.seen += share
  }

  for (const hit of hits) {
    lend(hit, hit, 1)
    at(hit).all = 1
  }
  for (const [number, twoBefore, before, after, twoAfter] of arounds) {
    const shares: [number | null, number][] = [
      [twoBefore, FOR_TWO_BEFORE],
      [before, FOR_BEFORE],
      [after, FOR_AFTER],
      [twoAfter, FOR_TWO_AFTER],
    ]
    for (const [other, share] of shares) {
      if (other !== null) lend(number, other, share)
    }
    at(number).all =
      1 +
      (twoBefore === null ? 0 : FOR_TWO_AFTER) +
      (before === null ? 0 : FOR_AFTER) +
      (after === null ? 0 : FOR_BEFORE) +
      (twoAfter === null ? 0 : FOR_TWO_BEFORE)
  }
  return new Map(
    Array.from(gathered, ([number, { words, cosines: sum, seen, all }]) => [
      number,
      {
        words: whole === 0 ? 0 : total(words, weights) / whole,
        meaning: Math.max(farthest, cosines?.get(number) ?? 0),
        meaningAround: (sum + Math.max(0, all - seen) * farthest) / all,
      },
    ]),
  )
}

/** What is not among the `nearest` may be anything up to the farthest of them, and counts as that. */
const farthestOf = (cosines: ReadonlyMap<number, number>, nearest: number): number =>
  Math.max(
    0,
    [...cosines.values()]
      .toSorted((a, b) => b - a)
      .slice(0, nearest)
      .at(-1) ?? 0,
  )

interface Gathered {
  /** Word → how often, counting what is said around for less. */
  readonly words: Map<number, number>
  /** Sum of the cosines known of it and around it, and the shares they have of `all`. */
  cosines: number
  seen: number
  all: number
}

function total(words: ReadonlyMap<number, number>, weights: readonly number[]): number {
  let sum = 0
  for (const [word, count] of words) {
    sum += ((weights[word] ?? 0) * count * (1 + SATURATION)) / (count + SATURATION)
  }
  return sum
}

/** How much speaks for a memory's having to do with the question, whoever said it, 0 … 1. */
export function relevance(
  { words, meaning, meaningAround }: Evidence,
  { time = 0, byMeaning }: Pick<Fit, 'time' | 'byMeaning'>,
): number {
  const near = byMeaning ? MEANING + MEANING_AROUND : 0
  const sum = WORDS * words + near * Math.max(meaning, meaningAround) + TIME * time
  return Math.min(1, sum / (WORDS + near))
}

/** By which memories are put in order, 0 … 1. */
export function scoreOf(
  { words, meaning, meaningAround }: Evidence,
  { byMeaning, length, speaker, time, asks }: Fit,
): number {
  const most =
    WORDS +
    (byMeaning ? MEANING + MEANING_AROUND : 0) +
    (speaker === undefined ? 0 : SPEAKER) +
    (time === undefined ? 0 : TIME)
  const sum =
    (WORDS * words) / (1 + LENGTH * Math.max(0, length - 1)) +
    MEANING * meaning +
    MEANING_AROUND * meaningAround +
    (speaker ? SPEAKER : 0) +
    TIME * (time ?? 0) -
    (asks ? ASKS : 0)
  return Math.min(1, Math.max(0, sum / most))
}
