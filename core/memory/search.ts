import type { FoundMemory } from '#contract'
import type { Conversations } from './conversations.ts'
import { currentFirst } from './current.ts'
import { sourceOf } from './entries.ts'
import type { MemoryQuery } from './memory.ts'
import { besideEvent, eventTime, periodsOf } from './periods.ts'
import { type Question, readQuestion } from './question.ts'
import type { Ranked } from './rank.ts'
import type { Ranking } from './ranking.ts'
import type { MemoryRecord, Namespace, Row } from './record.ts'

/** What part of the best score others need. */
const LEAST_SHARE = 0.4

/** Finds what answers a question, best first. */
export function createSearch({
  record,
  conversations,
  ranking,
}: {
  record: MemoryRecord
  conversations: Conversations
  ranking: Ranking
}): (query: MemoryQuery) => Promise<FoundMemory[]> {
  /** What is asked, and about which times; for "the day before the trip", when the memory that fits the trip best says it was. */
  async function understand(namespace: Namespace, query: MemoryQuery) {
    const read = (text: string): Question => readQuestion(conversations, namespace, text)
    const beside = besideEvent(query.text)
    const [event] = beside ? await ranking.rank(namespace, read(beside.event), query) : []
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
    const ranked = worthGiving(await ranking.rank(namespace, question, { ...query, periods }))
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
