import type { Near, SearchOptions, VectorRow } from '../rows.ts'

/** What Core asks the process of the index; always of one table. */
export type Call =
  /** How many rows there are. */
  | { readonly do: 'open' }
  /** Every row, in parts. */
  | { readonly do: 'read'; readonly vectors: boolean }
  | { readonly do: 'append'; readonly rows: PackedRows }
  | { readonly do: 'search'; readonly vector: Float32Array; readonly options: SearchOptions }
  /** How many rows are left. */
  | { readonly do: 'remove'; readonly memories: readonly number[] }
  | { readonly do: 'setAside' }
  | { readonly do: 'drop' }
  /** Merges what is due, in all tables. */
  | { readonly do: 'rest' }

export type Value = number | readonly Near[] | undefined

export interface Request {
  readonly id: number
  readonly table: string
  readonly call: Call
}

/** Any number of parts, then a value or an error. A warning belongs to no request. */
export type Answer =
  | { readonly id: number; readonly part: PackedRows }
  | { readonly id: number; readonly value: Value }
  | { readonly id: number; readonly error: string }
  | { readonly warning: string }

/** Rows as they cross from one process to the other: column by column. */
export interface PackedRows {
  readonly memories: Float64Array
  readonly pieces: Int32Array
  /** One after the other; none, when they were not asked for. */
  readonly vectors: Float32Array
}

export function packRows(rows: readonly VectorRow[]): PackedRows {
  const dimensions = rows[0]?.vector.length ?? 0
  const vectors = new Float32Array(rows.length * dimensions)
  for (const [at, { vector }] of rows.entries()) vectors.set(vector, at * dimensions)
  return {
    memories: Float64Array.from(rows, ({ memory }) => memory),
    pieces: Int32Array.from(rows, ({ piece }) => piece),
    vectors,
  }
}

export function unpackRows({ memories, pieces, vectors }: PackedRows): VectorRow[] {
  const dimensions = vectors.length / Math.max(memories.length, 1)
  return Array.from(memories, (memory, at) => ({
    memory,
    piece: pieces[at] ?? 0,
    vector: vectors.subarray(at * dimensions, (at + 1) * dimensions),
  }))
}
