import type { Connection } from '@lancedb/lancedb'
import type { Log } from '../log.ts'
import { createVectorTable, type VectorTable } from './table.ts'

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
