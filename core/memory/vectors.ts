import type { Connection } from '@lancedb/lancedb'
import type { Log } from '../log.ts'
import { createVectorTable } from './table.ts'

/** One piece of one memory. */
export interface VectorRow {
  readonly memory: number
  readonly piece: number
  /** Of length 1, so that the dot product is the cosine. */
  readonly vector: Float32Array
}

export interface Near {
  readonly memory: number
  /** Cosine, −1 … 1; of the nearest piece. */
  readonly similarity: number
}

/**
 * The vectors of one namespace. A table that is not on disk is an empty one. Errors of LanceDB come through as they
 * are: the caller sets the table aside and rebuilds it.
 */
export interface VectorTable {
  /** Whether it is on disk. Loads nothing. */
  exists(): boolean
  /** Memory → number of its pieces. */
  contents(): Promise<Map<number, number>>
  /** `rows` is asked when no removal runs, so that it can leave out what was forgotten meanwhile. One caller at a time. */
  append(rows: () => VectorRow[]): Promise<void>
  /** Nearest first, each memory once. `among`: of these memories only. */
  search(vector: Float32Array, options: { limit: number; among?: readonly number[] }): Promise<Near[]>
  /** Removes the memories and every older version that held them, to the last byte on disk. */
  remove(memories: readonly number[]): Promise<void>
  /** Moves a damaged table out of the way; the one set aside before goes. */
  setAside(): Promise<void>
  close(): Promise<void>
}

/**
 * The vector index: derived from the record, one LanceDB table `ns_<number>` per namespace, so that no filter can be
 * forgotten. LanceDB is loaded by the first call that needs it.
 */
export interface Vectors {
  of(namespace: number): VectorTable
  close(): Promise<void>
}

/** `keep`: how long, in ms, a replaced version stays for the searches that still read it. */
export function createVectors({
  folder,
  dimensions,
  log,
  keep = 60_000,
}: {
  folder: string
  dimensions: number
  log: Log
  keep?: number
}): Vectors {
  const tables = new Map<number, VectorTable>()
  let connecting: Promise<Connection> | undefined

  function connect(): Promise<Connection> {
    connecting ??= import('@lancedb/lancedb').then((lancedb) => lancedb.connect(folder))
    connecting.catch(() => (connecting = undefined))
    return connecting
  }

  return {
    of(namespace) {
      const known = tables.get(namespace)
      if (known) return known
      const table = createVectorTable({ folder, name: `ns_${namespace}`, dimensions, keep, connect, log })
      tables.set(namespace, table)
      return table
    },
    async close() {
      for (const table of tables.values()) await table.close()
      const connection = await connecting
      connection?.close()
    },
  }
}
