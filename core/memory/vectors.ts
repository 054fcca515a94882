import { existsSync, readdirSync } from 'node:fs'
import type { Log } from '../log.ts'
import { createLance } from './lance/lifetime.ts'
import { createVectorTable, type VectorTable } from './table.ts'

/** A namespace in the space of one embedder. */
export interface Place {
  readonly namespace: number
  readonly space: number
}

/**
 * The vector index: derived from the record, one LanceDB table per namespace and space, so that no filter can be
 * forgotten. LanceDB lives in a process of its own, which the first call that needs it starts.
 */
export interface Vectors {
  of(place: Place): VectorTable
  /** The places of which a table is on disk, in use or set aside. */
  places(): Place[]
  /** The process of LanceDB; undefined while none is needed. */
  readonly pid: number | undefined
  close(): Promise<void>
}

const FIRST_SPACE = 1

/** `ns_<namespace>_<space>`; without the space for the one that there was before spaces had numbers. */
const nameOf = ({ namespace, space }: Place): string =>
  space === FIRST_SPACE ? `ns_${namespace}` : `ns_${namespace}_${space}`

/** What all tables together hold in memory, in bytes, before those that were searched longest ago let go. */
const MOST_HEAT = 64_000_000

export function createVectors({ folder, log }: { folder: string; log: Log }): Vectors {
  const tables = new Map<string, VectorTable>()
  const lance = createLance({ folder, log })

  /** The last in `tables` was searched last. */
  function limitHeat(): void {
    let heat = [...tables.values()].reduce((sum, table) => sum + table.heat(), 0)
    for (const table of tables.values()) {
      if (heat <= MOST_HEAT) return
      heat -= table.heat()
      table.cool()
    }
  }

  return {
    of(place) {
      const name = nameOf(place)
      const known = tables.get(name)
      const table = known ?? createVectorTable({ folder, name, lance, onHot: limitHeat })
      tables.delete(name)
      tables.set(name, table)
      return table
    },
    places() {
      const names = existsSync(folder) ? readdirSync(folder) : []
      return names.flatMap((name) => {
        const [, namespace, space = FIRST_SPACE] =
          /^ns_(\d+)(?:_(\d+))?\.(?:lance|set_aside)$/.exec(name) ?? []
        return namespace === undefined ? [] : [{ namespace: Number(namespace), space: Number(space) }]
      })
    },
    get pid() {
      return lance.pid
    },
    async close() {
      for (const table of tables.values()) table.cool()
      await lance.close()
    },
  }
}
