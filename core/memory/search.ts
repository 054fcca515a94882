import { setTimeout } from 'node:timers/promises'
import type { FoundMemory } from '#contract'
import type { Log } from '../log.ts'
import type { Conversations } from './conversations.ts'
import { currentFirst } from './current.ts'
import { sourceOf } from './entries.ts'
import { type FullText, heaviest, NO_WORDS } from './fulltext.ts'
import type { Meaning } from './meaning.ts'
import type { MemoryQuery } from './memory.ts'
import { besideEvent, eventTime, type Period, periodsOf, spansOf, timeliness } from './periods.ts'
import { type Question, readQuestion } from './question.ts'
import { NOTHING, type Ranked, relevance, scoreOf, weigh } from './rank.ts'
import type { MemoryRecord, Namespace, Row } from './record.ts'

/** How many of the best by words, of the nearest pieces by meaning, and of those said at the right time are looked at. */
const MOST_BY_WORDS = 300
const MOST_BY_MEANING = 1000
const MOST_BY_TIME = 300
/** How many of all these are put in order. */
const MOST_RANKED = 300
/** Below this a memory has nothing to do with the question, whoever said it. */
const LEAST_RELEVANCE = 0.15
/** Below this even the best one does, and nothing is found. */
const LEAST_OF_BEST = 0.2
/** What part of the best score others need. */
const LEAST_SHARE = 0.4
/** How much of the patience goes to memories that wait for the index; the rest is for the search itself. */
const FOR_CATCHING_UP = 2 / 3

/** Searches by words and by meaning, and by words alone when the meaning cannot be had in `patience` ms. */
export function createSearch({
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
}): (query: MemoryQuery) => Promise<FoundMemory[]> {
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
      relevance: relevance(found, time(number), cosines !== undefined),
    }))
      .toSorted((a, b) => b.relevance - a.relevance)
      .slice(0, MOST_RANKED)
    if ((promising[0]?.relevance ?? 0) < LEAST_OF_BEST) return []
    return record
      .rows(
        namespace.id,
        promising.filter((one) => one.relevance >= LEAST_RELEVANCE).map(({ number }) => number),
        exceptSources,
      )
      .map((row) => ({
        row,
        score: scoreOf(evidence.get(row.number) ?? NOTHING, {
          length: (row.words * namespace.memories) / Math.max(namespace.words, 1),
          time: time(row.number),
          speaker: speaker === undefined ? undefined : row.speaker === speaker,
          asks: /[?？]\s*$/u.test(row.text),
        }),
      }))
      .toSorted((a, b) => b.score - a.score || a.row.words - b.row.words || b.row.number - a.row.number)
  }

  /** What is asked, and about which times; for "the day before the trip", when the memory that fits the trip best says it was. */
  async function understand(namespace: Namespace, query: MemoryQuery) {
    const read = (text: string): Question => readQuestion(conversations, namespace, text)
    const beside = besideEvent(query.text)
    const [event] = beside ? await rank(namespace, read(beside.event), query) : []
    if (!beside || !event)
      return { question: read(query.text), periods: await periodsOf(query.text, Date.now()) }
    const moment = await eventTime(event.row.text, event.row.moment)
    return { question: read(beside.asked), periods: [beside.period(moment)] }
  }

  return async (query) => {
    const { namespace: name, text, limit, exceptSources = [] } = query
    const namespace = record.find(name)
    if (!namespace || namespace.memories === 0 || !/[\p{L}\p{N}]/u.test(text)) return []
    const { question, periods } = await understand(namespace, query)
    const ranked = worthGiving(await rank(namespace, question, { ...query, periods }))
    return currentFirst(ranked, record.successor, exceptSources).slice(0, limit).map(toFound)
  }
}

/** Without what says much less than the best. */
function worthGiving(ranked: readonly Ranked[]): readonly Ranked[] {
  const best = ranked[0]?.score ?? 0
  return ranked.filter(({ score }) => score >= best * LEAST_SHARE)
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
