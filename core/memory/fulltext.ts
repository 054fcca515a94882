import type { Sql } from '../database.ts'
import type { Namespace } from './record.ts'
import { scopeOf } from './schema.ts'
import { type Term, termsOf } from './words.ts'

/** Newest memories that are looked at for one word: bounds what a word that everybody uses costs. */
const MAX_OF_TERM = 2_000
/** Among fewer memories than these, how many have a word says nothing of how rare it is. */
const TELLING = 100

/** Which memories have which words of a question. */
export interface WordHits {
  /** How much each word says: the rarer it is in this namespace, the more. */
  readonly weights: readonly number[]
  /** The weight of a memory that has everything that was asked for. */
  readonly whole: number
  /** Memory → its words, as places in `weights`. Only memories with at least one. */
  readonly memories: ReadonlyMap<number, readonly number[]>
}

export const NO_WORDS: WordHits = { weights: [], whole: 0, memories: new Map() }

export interface FullText {
  match(namespace: Namespace, question: string): WordHits
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
      const memories = new Map<number, number[]>()
      const weights: number[] = []
      let whole = 0
      for (const [place, term] of termsOf(question).entries()) {
        const numbers = lookUp.all(expression(namespace.id, term), MAX_OF_TERM)
        const weight = rarity(numbers.length, namespace.memories)
        weights.push(weight)
        if (!term.bonus) whole += weight
        for (const number of numbers) {
          const known = memories.get(number)
          if (known) known.push(place)
          else memories.set(number, [place])
        }
      }
      return { weights, whole, memories }
    },
  }
}

/** The memories that weigh most by their own words alone. */
export function heaviest({ weights, memories }: WordHits, limit: number): number[] {
  if (memories.size <= limit) return [...memories.keys()]
  const weigh = (words: readonly number[]): number =>
    words.reduce((sum, word) => sum + (weights[word] ?? 0), 0)
  return Array.from(memories, ([number, words]) => ({ number, weight: weigh(words) }))
    .toSorted((a, b) => b.weight - a.weight)
    .slice(0, limit)
    .map(({ number }) => number)
}

function expression(namespace: number, { word, prefix }: Term): string {
  const quoted = `"${word.replaceAll('"', '""')}"`
  return `scope : "${scopeOf(namespace)}" AND text : ${quoted}${prefix ? ' *' : ''}`
}

function rarity(having: number, all: number): number {
  return Math.log(1 + (Math.max(all, TELLING) - having + 0.5) / (having + 0.5))
}
