import { ask, dotsOf, giveSlab, SLAB, strideOf, takeSlab, writeVector } from './dots.ts'
import { nthLargest } from './nth-largest.ts'
import type { Near, SearchOptions, VectorRow } from './rows.ts'

/** All vectors of one table in memory: a loop over them is several times faster than reading the files (measured). */
export interface HotVectors {
  /** What it takes, in bytes. */
  size(): number
  add(rows: readonly VectorRow[]): void
  /** Those of memories that are not here yet. */
  addNew(rows: readonly VectorRow[]): void
  remove(memories: readonly number[]): void
  /** Exact: of the `limit` nearest rows, and of all rows of `among`; each memory once, by its nearest row. */
  search(vector: Float32Array, options: SearchOptions): Near[]
  /** Gives its memory back; nothing else may be called then. */
  release(): void
  released(): boolean
}

export function createHotVectors(dimensions: number): HotVectors {
  const stride = strideOf(dimensions)
  const ofSlab = Math.floor(SLAB / stride)
  const slabs: number[] = []
  /** The memory of each row. */
  const memories: number[] = []
  /** The row before of the same memory, −1 for its first; where that ends for each memory. */
  const before: number[] = []
  const lastRows = new Map<number, number>()
  let released = false

  const placeOf = (row: number): number => (slabs[Math.floor(row / ofSlab)] ?? 0) + (row % ofSlab) * stride

  function add(added: readonly VectorRow[]): void {
    for (const { memory, vector } of added) {
      const row = memories.length
      if (row === slabs.length * ofSlab) slabs.push(takeSlab())
      writeVector(placeOf(row), vector)
      memories.push(memory)
      before.push(lastRows.get(memory) ?? -1)
      lastRows.set(memory, row)
    }
  }

  /** The best cosine of all its rows. */
  function bestOf(memory: number, scores: Float32Array): number | undefined {
    let best: number | undefined
    for (let row = lastRows.get(memory) ?? -1; row >= 0; row = before[row]!) {
      best = Math.max(best ?? -1, scores[row]!)
    }
    return best
  }

  function scoresOf(question: Float32Array): Float32Array {
    const scores = new Float32Array(memories.length)
    ask(question)
    for (const [at, slab] of slabs.entries()) {
      scores.set(dotsOf(slab, Math.min(ofSlab, memories.length - at * ofSlab), stride), at * ofSlab)
    }
    return scores
  }

  return {
    size: () => slabs.length * SLAB,
    add,
    addNew(added) {
      const known = new Set(added.map(({ memory }) => memory).filter((memory) => lastRows.has(memory)))
      add(added.filter(({ memory }) => !known.has(memory)))
    },
    remove(gone) {
      const nothing = new Float32Array(dimensions)
      for (const memory of gone) {
        for (let row = lastRows.get(memory) ?? -1; row >= 0; row = before[row]!)
          writeVector(placeOf(row), nothing)
        lastRows.delete(memory)
      }
    },
    search(question, { limit, among }) {
      const scores = scoresOf(question)
      const least = scores.length > limit ? nthLargest(scores.slice(), limit) : -Infinity
      const found = new Set(among)
      for (let row = 0; row < scores.length; row++) if (scores[row]! >= least) found.add(memories[row]!)
      const near: Near[] = []
      for (const memory of found) {
        const similarity = bestOf(memory, scores)
        if (similarity !== undefined) near.push({ memory, similarity })
      }
      return near.toSorted((a, b) => b.similarity - a.similarity)
    },
    release() {
      if (!released) for (const slab of slabs) giveSlab(slab)
      released = true
    },
    released: () => released,
  }
}
