import { setTimeout } from 'node:timers/promises'
import type { Log } from '../log.ts'
import { alone, type Around, type Conversations } from './conversations.ts'
import { type FullText, heaviest, NO_WORDS } from './fulltext.ts'
import type { Meaning } from './meaning.ts'
import type { MemoryQuery } from './memory.ts'
import { type Period, spansOf, timeliness } from './periods.ts'
import type { Question } from './question.ts'
import { createScales, type Evidence, NOTHING, type Ranked, relevance, scoreOf } from './rank.ts'
import type { MemoryRecord, Namespace, Row } from './record.ts'

/** How many of the best by words, of the nearest pieces by meaning, and of those said at the right time are looked at. */
const MOST_BY_WORDS = 300
const MOST_BY_MEANING = 1000
const MOST_BY_TIME = 300
/** How many of those by words and meaning, the best by themselves, are weighed with what was said around them. */
const MOST_WEIGHED = 300
/** Around how many of the best of these something that says little by itself may be the answer. */
const MOST_LOOKED_AROUND = 100
/** How many of all are put in order. */
const MOST_RANKED = 300
/** Below this a memory has nothing to do with the question, whoever said it. */
const LEAST_RELEVANCE = 0.15
/** Below this even the best one does, and nothing is found. */
const LEAST_OF_BEST = 0.2
/** How much of the patience goes to memories that wait for the index; the rest is for the search itself. */
const FOR_CATCHING_UP = 2 / 3

/** Puts memories in the order in which they answer. */
export interface Ranking {
  /**
   * Best first, and only what has to do with the question: by its words, by its meaning, or because it was said at the
   * time that is asked about.
   */
  rank(namespace: Namespace, question: Question, options: RankOptions): Promise<Ranked[]>
}

type RankOptions = Pick<MemoryQuery, 'exceptSources' | 'by'> & { readonly periods?: readonly Period[] }

/** Goes by words alone when the meaning cannot be had in `patience` ms. */
export function createRanking({
  record,
  conversations,
  fullText,
  meaning,
  log,
  patience,
}: {
  record: MemoryRecord
  conversations: Conversations
  fullText: FullText
  meaning: Meaning
  log: Log
  patience: number
}): Ranking {
  async function byMeaningInTime(namespace: Namespace, question: string, among: readonly number[]) {
    try {
      const found = meaning.nearest(namespace.id, question, {
        limit: MOST_BY_MEANING,
        among,
        patience: patience * FOR_CATCHING_UP,
      })
      return await within(patience, found)
    } catch (err) {
      log.warn({ err, namespace: namespace.id }, 'memory.search_by_words_only')
      return undefined
    }
  }

  /** Memory → how well the time fits when it was said; undefined when the question names none. */
  function byTime(namespace: Namespace, periods: readonly Period[]): Map<number, number> | undefined {
    if (periods.length === 0) return undefined
    const { earliest, latest } = conversations.extent(namespace.id)
    const said = spansOf(periods, earliest, latest).flatMap(([from, to]) =>
      conversations.saidWithin(namespace.id, from, to, MOST_BY_TIME),
    )
    return new Map(said.map(({ number, moment }) => [number, timeliness(periods, moment)]))
  }

  async function rank(
    namespace: Namespace,
    { text, speaker }: Question,
    { periods = [], exceptSources = [], by }: RankOptions,
  ): Promise<Ranked[]> {
    const words = by === 'meaning' ? NO_WORDS : fullText.match(namespace, text)
    const heavy = heaviest(words, MOST_BY_WORDS)
    const cosines = by === 'words' ? undefined : await byMeaningInTime(namespace, text, heavy)
    const byMeaning = cosines !== undefined
    const times = byTime(namespace, periods)
    const hits = new Set([...heavy, ...(cosines?.keys() ?? [])])
    const weigh = createScales({ words, cosines, nearest: MOST_BY_MEANING, hits })
    const timeOf = (number: number): number | undefined => times && (times.get(number) ?? 0)
    const relevant = (number: number, found: Evidence) => ({
      number,
      found,
      relevance: relevance(found, { byMeaning, time: timeOf(number) }),
    })
    const best = Array.from(hits, (number) => relevant(number, weigh(alone(number))))
      .toSorted((a, b) => b.relevance - a.relevance)
      .slice(0, MOST_WEIGHED)
      .map(({ number }) => number)
    const evidence = new Map(withNeighbours(conversations, best).map((around) => [around[0], weigh(around)]))
    for (const number of times?.keys() ?? []) if (!evidence.has(number)) evidence.set(number, NOTHING)

    const promising = Array.from(evidence, ([number, found]) => relevant(number, found))
      .filter((one) => one.relevance >= LEAST_RELEVANCE)
      .toSorted((a, b) => b.relevance - a.relevance)
      .slice(0, MOST_RANKED)
    const rows = new Map(
      record
        .rows(
          namespace.id,
          promising.map(({ number }) => number),
          exceptSources,
        )
        .map((row) => [row.number, row]),
    )
    const there = promising.filter(({ number }) => rows.has(number))
    if ((there[0]?.relevance ?? 0) < LEAST_OF_BEST) return []
    return there
      .flatMap(({ number, found }) => {
        const row = rows.get(number)
        if (!row) return []
        const fit = { ...fitOf(row, namespace, speaker), byMeaning, time: timeOf(number) }
        return [{ row, score: scoreOf(found, fit) }]
      })
      .toSorted((a, b) => b.score - a.score || a.row.words - b.row.words || b.row.number - a.row.number)
  }

  return { rank }
}

/** These and what was said around the first of them, each with what was said around it. */
function withNeighbours(conversations: Conversations, memories: readonly number[]): Around[] {
  const first = conversations.around(memories.slice(0, MOST_LOOKED_AROUND))
  const known = new Map(first.map((around) => [around[0], around]))
  const all = new Set([...memories, ...first.flat().filter((number) => number !== null)])
  const rest = [...all].filter((number) => !known.has(number))
  for (const around of conversations.around(rest)) known.set(around[0], around)
  return Array.from(all, (number) => known.get(number) ?? alone(number))
}

function fitOf(row: Row, { words, memories }: Namespace, speaker: string | undefined) {
  return {
    length: (row.words * memories) / Math.max(words, 1),
    speaker: speaker === undefined ? undefined : row.speaker === speaker,
    asks: /[?？]\s*$/u.test(row.text),
  }
}

async function within<T>(ms: number, promise: Promise<T>): Promise<T> {
  const done = new AbortController()
  const late = setTimeout(ms, undefined, { signal: done.signal }).then(() => {
    throw new Error(`took longer than ${ms} ms`)
  })
  return Promise.race([promise, late]).finally(() => done.abort())
}
