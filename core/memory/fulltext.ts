import type { Sql } from '../database.ts'
import type { Namespace, Row } from './record.ts'
import { scopeOf } from './schema.ts'
import { type Term, termsOf } from './words.ts'

/** Newest memories that are looked at for one word: bounds what a word that everybody uses costs. */
const MAX_OF_TERM = 2_000
/** BM25's usual constants; how often a word occurs in one memory is left out: memories are short. */
const K = 1.2
const B = 0.75

/** What part of a question's words each memory has, weighed by how rare they are in this namespace. */
export interface FullText {
  /** Memory → 0 … 1, before its length is looked at. Only memories with at least one of the words. */
  match(namespace: Namespace, question: string): Map<number, number>
}

/**
 * Each word is looked up for itself, quoted, inside one namespace: nothing a person writes is an operator, and neither
 * rank nor score depends on what other namespaces hold.
 */
export function createFullText(sql: Sql): FullText {
  const lookUp = sql
    .prepare<[string, number], number>(
      'select rowid from memory_words where memory_words match ? order by rowid desc limit ?',
    )
    .pluck()

  return {
    match(namespace, question) {
      const score = new Map<number, number>()
      let whole = 0
      for (const term of termsOf(question)) {
        const numbers = lookUp.all(expression(namespace.id, term), MAX_OF_TERM)
        const weight = rarity(numbers.length, namespace.memories)
        if (!term.bonus) whole += weight
        for (const number of numbers) score.set(number, (score.get(number) ?? 0) + weight)
      }
      for (const [number, sum] of score) score.set(number, Math.min(1, sum / whole))
      return score
    },
  }
}

/** A word in a longer memory says less: the factor is 1 for one of average length, up to 1.7 for the shortest. */
export function lengthFactor(row: Row, { words, memories }: Namespace): number {
  const length = row.words / Math.max(words / Math.max(memories, 1), 1)
  return (1 + K) / (1 + K * (1 - B + B * length))
}

function expression(namespace: number, { word, prefix }: Term): string {
  const quoted = `"${word.replaceAll('"', '""')}"`
  return `scope : "${scopeOf(namespace)}" AND text : ${quoted}${prefix ? ' *' : ''}`
}

function rarity(having: number, all: number): number {
  return Math.log(1 + (Math.max(all - having, 0) + 0.5) / (having + 0.5))
}
