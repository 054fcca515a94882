import { setTimeout } from 'node:timers/promises'
import type { FoundMemory } from '#contract'
import type { Log } from '../log.ts'
import type { Conversations } from './conversations.ts'
import { currentFirst } from './current.ts'
import type { Embedder } from './embedder.ts'
import { sourceOf } from './entries.ts'
import { type FullText, heaviest, NO_WORDS } from './fulltext.ts'
import type { Indexer } from './indexer.ts'
import type { MemoryQuery } from './memory.ts'
import type { Mirror } from './mirror.ts'
import { besideEvent, eventTime, type Period, periodsOf, spansOf, timeliness } from './periods.ts'
import { type Question, readQuestion } from './question.ts'
import { NOTHING, type Ranked, relevance, scoreOf, weigh } from './rank.ts'
import type { MemoryRecord, Namespace, Row } from './record.ts'
import type { Vectors } from './vectors.ts'
import { piecesOf } from './words.ts'

/** How many of the best by words, of the nearest pieces by meaning, and of those said at the right time are looked at. */
const MOST_BY_WORDS = 300
const MOST_BY_MEANING = 1000
const MOST_BY_TIME = 300
/** How many of all these are put in order. */
const MOST_RANKED = 300
/** Below this a memory has nothing to do with the question. */
const LEAST_RELEVANCE = 0.15
/** How much of the patience goes to memories that wait for the index; the rest is for the search itself. */
const FOR_CATCHING_UP = 2 / 3

/** Searches by words and by meaning, and by words alone when the meaning cannot be had in `patience` ms. */
export function createSearch({
  record,
  conversations,
  fullText,
  vectors,
  mirror,
  indexer,
  embedder,
  log,
  patience,
}: {
  record: MemoryRecord
  conversations: Conversations
  fullText: FullText
  vectors: Vectors
  mirror: Mirror
  indexer: Indexer
  embedder: Embedder
  log: Log
  patience: number
}): (query: MemoryQuery) => Promise<FoundMemory[]> {
  /** Memory → cosine; undefined when the embedder understands nothing of the question. `among`: memories whose cosine is wanted in any case. */
  async function byMeaning(namespace: Namespace, question: string, among: readonly number[]) {
    const [piece = ''] = piecesOf(question)
    const [[vector]] = await Promise.all([embedder.embed([piece]), bringUpToDate(namespace.id)])
    if (!vector?.some((x) => x !== 0)) return undefined
    const table = vectors.of(namespace.id)
    try {
      const near = await table.search(vector, { limit: MOST_BY_MEANING })
      const rest = near.length < namespace.memories ? await table.search(vector, { limit: 1_000, among }) : []
      return new Map([...rest, ...near].map(({ memory, similarity }) => [memory, similarity]))
    } catch (cause) {
      await mirror.rebuild(namespace.id, cause)
      throw cause
    }
  }

  async function bringUpToDate(namespace: number): Promise<void> {
    await mirror.ready(namespace)
    const enough = setTimeout(patience * FOR_CATCHING_UP, undefined, { ref: false })
    await Promise.race([indexer.catchUp(namespace), enough])
  }

  async function byMeaningInTime(namespace: Namespace, question: string, among: readonly number[]) {
    try {
      return await within(patience, byMeaning(namespace, question, among))
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
    {
      periods = [],
      exceptSources = [],
      by,
    }: Pick<MemoryQuery, 'exceptSources' | 'by'> & { periods?: readonly Period[] },
  ): Promise<Ranked[]> {
    const words = by === 'meaning' ? NO_WORDS : fullText.match(namespace, text)
    const heavy = heaviest(words, MOST_BY_WORDS)
    const cosines = by === 'words' ? undefined : await byMeaningInTime(namespace, text, heavy)
    const hits = new Set([...heavy, ...(cosines?.keys() ?? [])])
    const evidence = weigh({
      words,
      cosines,
      nearest: MOST_BY_MEANING,
      hits,
      arounds: conversations.around([...hits]),
    })
    const times = byTime(namespace, periods)
    for (const number of times?.keys() ?? []) if (!evidence.has(number)) evidence.set(number, NOTHING)

    const time = (number: number): number | undefined => times && (times.get(number) ?? 0)
    const promising = Array.from(evidence, ([number, found]) => ({
      number,
      relevance: relevance(found, time(number)),
    }))
      .filter((one) => one.relevance >= LEAST_RELEVANCE)
      .toSorted((a, b) => b.relevance - a.relevance)
      .slice(0, MOST_RANKED)
    return record
      .rows(
        namespace.id,
        promising.map(({ number }) => number),
        exceptSources,
      )
      .map((row) => ({
        row,
        score: scoreOf(evidence.get(row.number) ?? NOTHING, {
          time: time(row.number),
          speaker: speaker === undefined ? undefined : row.speaker === speaker,
          asks: /[?？]\s*$/u.test(row.text),
        }),
      }))
      .toSorted((a, b) => b.score - a.score || b.row.number - a.row.number)
  }

  /** The times the question names; for "the day before the trip", when the memory that fits the trip best says it was. */
  async function periodsFor(namespace: Namespace, query: MemoryQuery): Promise<Period[]> {
    const beside = besideEvent(query.text)
    if (!beside) return periodsOf(query.text, Date.now())
    const [best] = await rank(namespace, readQuestion(conversations, namespace, beside.event), query)
    return best ? [beside.period(await eventTime(best.row.text, best.row.moment))] : []
  }

  return async (query) => {
    const { namespace: name, text, limit, exceptSources = [] } = query
    const namespace = record.find(name)
    if (!namespace || namespace.memories === 0 || !/[\p{L}\p{N}]/u.test(text)) return []
    const periods = await periodsFor(namespace, query)
    const question = readQuestion(conversations, namespace, text)
    const ranked = await rank(namespace, question, { ...query, periods })
    return currentFirst(ranked, record.successor, exceptSources).slice(0, limit).map(toFound)
  }
}

function toFound({ row, score }: { row: Row; score: number }): FoundMemory {
  return {
    id: row.id,
    memory: row.text,
    score: Math.round(score * 10_000) / 10_000,
    created_at: row.created_at,
    ...(row.superseded_at !== null && { until: row.superseded_at }),
    source: sourceOf(row),
  }
}

async function within<T>(ms: number, promise: Promise<T>): Promise<T> {
  const done = new AbortController()
  const late = setTimeout(ms, undefined, { signal: done.signal }).then(() => {
    throw new Error(`took longer than ${ms} ms`)
  })
  return Promise.race([promise, late]).finally(() => done.abort())
}
