import type { Around } from './conversations.ts'
import type { WordHits } from './fulltext.ts'
import { nthLargest } from './nth-largest.ts'
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

/** Of a memory that is looked at for its time only. */
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
 * Weighs a memory by itself and by what was said around it: an answer is found by its question too. Words that are said
 * again around it count once and a little; the meaning around it is an average.
 * @param cosines a memory that is not among them is no nearer than the farthest of them
 * @param hits whose words count; those of others say too little to be looked at
 */
export function createScales({
  words: { weights, whole, memories },
  cosines,
  nearest,
  hits,
}: {
  words: WordHits
  cosines: ReadonlyMap<number, number> | undefined
  nearest: number
  hits: ReadonlySet<number>
}): (around: Around) => Evidence {
  const farthest = cosines ? farthestOf(cosines, nearest) : 0
  const counts = new Float64Array(weights.length)
  const cosineOf = (number: number): number => Math.max(farthest, cosines?.get(number) ?? 0)

  return ([number, twoBefore, before, after, twoAfter]) => {
    counts.fill(0)
    let cosineSum = 0
    let shares = 0
    function count(other: number | null, share: number): void {
      if (other === null) return
      if (hits.has(other)) for (const word of memories.get(other) ?? []) counts[word]! += share
      cosineSum += share * cosineOf(other)
      shares += share
    }
    count(number, 1)
    count(twoBefore, FOR_TWO_AFTER)
    count(before, FOR_AFTER)
    count(after, FOR_BEFORE)
    count(twoAfter, FOR_TWO_BEFORE)
    return {
      words: whole === 0 ? 0 : total(counts, weights) / whole,
      meaning: cosineOf(number),
      meaningAround: cosineSum / shares,
    }
  }
}

/** What is not among the `nearest` may be anything up to the farthest of them, and counts as that. */
const farthestOf = (cosines: ReadonlyMap<number, number>, nearest: number): number =>
  cosines.size === 0
    ? 0
    : Math.max(0, nthLargest(Float64Array.from(cosines.values()), Math.min(nearest, cosines.size)))

function total(counts: Float64Array, weights: readonly number[]): number {
  let sum = 0
  for (const [word, weight] of weights.entries()) {
    const count = counts[word]!
    sum += (weight * count * (1 + SATURATION)) / (count + SATURATION)
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
