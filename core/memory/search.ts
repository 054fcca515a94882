import { setTimeout } from 'node:timers/promises'
import type { FoundMemory } from '#contract'
import type { Log } from '../log.ts'
import { currentFirst } from './current.ts'
import { sourceOf } from './entries.ts'
import { type FullText, lengthFactor } from './fulltext.ts'
import type { Meaning } from './meaning.ts'
import type { MemoryQuery } from './memory.ts'
import type { MemoryRecord, Namespace, Row } from './record.ts'

/** How much words count against meaning. Both are 0 … 1; found on the development half of LoCoMo. */
const WORDS = 0.6
const MEANING = 0.4
/** Below this nothing is returned: what a memory without one common word reaches at cosine 0.38, as one unrelated pair in a hundred does. */
const LEAST_SCORE = 0.15
/** How many of the best by words, and of the nearest pieces by meaning, are looked at. */
const MOST_BY_WORDS = 200
const MOST_BY_MEANING = 200
/** How much of the patience goes to memories that wait for the index; the rest is for the search itself. */
const FOR_CATCHING_UP = 2 / 3

/** Searches by words and by meaning, and by words alone when the meaning cannot be had in `patience` ms. */
export function createSearch({
  record,
  fullText,
  meaning,
  log,
  patience,
}: {
  record: MemoryRecord
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

  return async ({ namespace: name, text, limit, exceptSources = [] }) => {
    const namespace = record.find(name)
    if (!namespace || namespace.memories === 0 || !/[\p{L}\p{N}]/u.test(text)) return []
    const words = best(fullText.match(namespace, text), MOST_BY_WORDS)
    const cosines = await byMeaningInTime(namespace, text, [...words.keys()])
    const numbers = new Set([...words.keys(), ...(cosines?.keys() ?? [])])
    const ranked = record
      .rows(namespace.id, [...numbers], exceptSources)
      .map((row) => ({
        row,
        score: blend(
          (words.get(row.number) ?? 0) * lengthFactor(row, namespace),
          cosines && (cosines.get(row.number) ?? 0),
        ),
      }))
      .filter(({ score }) => score >= LEAST_SCORE)
      .toSorted((a, b) => b.score - a.score || b.row.number - a.row.number)
    return currentFirst(ranked, record.successor, exceptSources).slice(0, limit).map(toFound)
  }
}

const blend = (words: number, cosine: number | undefined): number =>
  Math.min(1, cosine === undefined ? words : WORDS * words + MEANING * Math.max(0, cosine))

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

const best = (scores: Map<number, number>, most: number): Map<number, number> =>
  scores.size <= most ? scores : new Map([...scores].toSorted((a, b) => b[1] - a[1]).slice(0, most))

async function within<T>(ms: number, promise: Promise<T>): Promise<T> {
  const done = new AbortController()
  const late = setTimeout(ms, undefined, { signal: done.signal }).then(() => {
    throw new Error(`took longer than ${ms} ms`)
  })
  return Promise.race([promise, late]).finally(() => done.abort())
}
