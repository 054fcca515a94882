import { nthLargest } from './nth-largest.ts'
import type { Near, VectorRow } from './rows.ts'

/** All vectors of one table in memory: a loop over them is several times faster than reading the files (measured). */
export interface HotVectors {
  /** What it takes, in bytes. */
  size(): number
  add(rows: readonly VectorRow[]): void
  /** Those of memories that are not here yet. */
  addNew(rows: readonly VectorRow[]): void
  remove(memories: readonly number[]): void
  /** Exact: of the `limit` nearest rows, and of all rows of `among`; each memory once, by its nearest row. */
  search(vector: Float32Array, options: { limit: number; among: readonly number[] }): Near[]
}

/** Room for this many rows at first; doubled when it is full. */
const ROOM = 256

export function createHotVectors(dimensions: number): HotVectors {
  let vectors = new Float32Array(ROOM * dimensions)
  let memories = new Float64Array(ROOM)
  /** The row before of the same memory, −1 for its first; where that ends for each memory. */
  let before = new Int32Array(ROOM)
  const lastRows = new Map<number, number>()
  let rows = 0

  function grow(): void {
    const held = { vectors, memories, before }
    vectors = new Float32Array(vectors.length * 2)
    vectors.set(held.vectors)
    memories = new Float64Array(memories.length * 2)
    memories.set(held.memories)
    before = new Int32Array(before.length * 2)
    before.set(held.before)
  }

  /** The best cosine of all its rows. */
  function bestOf(memory: number, scores: Float32Array): number | undefined {
    let best: number | undefined
    for (let row = lastRows.get(memory) ?? -1; row >= 0; row = before[row]!) {
      best = Math.max(best ?? -1, scores[row]!)
    }
    return best
  }

  function add(added: readonly VectorRow[]): void {
    for (const { memory, vector } of added) {
      if (rows === memories.length) grow()
      vectors.set(vector, rows * dimensions)
      memories[rows] = memory
      before[rows] = lastRows.get(memory) ?? -1
      lastRows.set(memory, rows++)
    }
  }

  return {
    size: () => vectors.byteLength + memories.byteLength + before.byteLength,
    add,
    addNew(added) {
      const known = new Set(added.map(({ memory }) => memory).filter((memory) => lastRows.has(memory)))
      add(added.filter(({ memory }) => !known.has(memory)))
    },
    remove(gone) {
      for (const memory of gone) {
        for (let row = lastRows.get(memory) ?? -1; row >= 0; row = before[row]!) {
          vectors.fill(0, row * dimensions, (row + 1) * dimensions)
        }
        lastRows.delete(memory)
      }
    },
    search(question, { limit, among }) {
      const scores = cosinesOf(vectors, rows, question)
      const least = rows > limit ? nthLargest(scores.slice(), limit) : -Infinity
      const found = new Set(among)
      for (let row = 0; row < rows; row++) if (scores[row]! >= least) found.add(memories[row]!)
      const near: Near[] = []
      for (const memory of found) {
        const similarity = bestOf(memory, scores)
        if (similarity !== undefined) near.push({ memory, similarity })
      }
      return near.toSorted((a, b) => b.similarity - a.similarity)
    },
  }
}

/** The cosine of each row; four rows at a time, which takes half as long as one (measured). `ROOM` is a multiple of four. */
function cosinesOf(vectors: Float32Array, rows: number, question: Float32Array): Float32Array {
  const scores = new Float32Array(Math.ceil(rows / 4) * 4)
  const length = question.length
  const numbers = Float64Array.from(question)
  const rowAt = (row: number): Float32Array => vectors.subarray(row * length, (row + 1) * length)
  for (let row = 0; row < rows; row += 4) {
    const [first, second, third, fourth] = [rowAt(row), rowAt(row + 1), rowAt(row + 2), rowAt(row + 3)]
    let [a, b, c, d] = [0, 0, 0, 0]
    for (let i = 0; i < length; i++) {
      const number = numbers[i]!
      a += number * first[i]!
      b += number * second[i]!
      c += number * third[i]!
      d += number * fourth[i]!
    }
    scores[row] = a
    scores[row + 1] = b
    scores[row + 2] = c
    scores[row + 3] = d
  }
  return scores.subarray(0, rows)
}
