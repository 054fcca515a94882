import type { Table } from '@lancedb/lancedb'
import type { Gate } from '../gate.ts'

/** Keeps the files of one table few. */
export interface Tidy {
  /** Call it in the gate after each append; `rows` is how many there are now. Merges when that is due, beside what goes on. */
  appended(table: Table, rows: number): void
  /** Merges now, and takes away all that was replaced. Call it alone. */
  now(table: Table): Promise<void>
  /** Whether something was appended that was not merged. */
  isDue(): boolean
  /** Alone in the gate, and not while files are merged; searches do not wait for that. */
  whenQuiet(job: () => Promise<void>): Promise<void>
}

/** Appends after which small files are merged; more for large tables, which cost more to rewrite. */
const MERGE_AFTER = 10
const ROWS_PER_FURTHER_APPEND = 2_000
/** Reaches past the version that was just replaced, which LanceDB otherwise keeps (measured). */
const AHEAD = 60_000

export function createTidy(gate: Gate, onFailed: (err: unknown) => void): Tidy {
  let appends = 0
  let tidying = false
  let merging: Promise<void> = Promise.resolve()

  /** Merges beside whatever goes on; what was replaced goes when nobody reads it. */
  async function tidy(table: Table): Promise<void> {
    tidying = true
    try {
      await (merging = merge(table, { cleanUp: false }))
      await gate.alone(async () => {
        if (table.isOpen()) await merge(table, { cleanUp: true })
      })
    } catch (err) {
      onFailed(err)
    }
    tidying = false
  }

  async function merge(table: Table, { cleanUp }: { cleanUp: boolean }): Promise<void> {
    appends = 0
    const cleanupOlderThan = new Date(cleanUp ? Date.now() + AHEAD : 0)
    await table.optimize({ cleanupOlderThan, deleteUnverified: cleanUp })
  }

  return {
    appended(table, rows) {
      appends++
      if (!tidying && appends >= MERGE_AFTER + rows / ROWS_PER_FURTHER_APPEND) void tidy(table)
    },
    now: (table) => merge(table, { cleanUp: true }),
    isDue: () => appends > 0,
    async whenQuiet(job) {
      await merging.catch(() => undefined)
      await gate.alone(async () => {
        await merging.catch(() => undefined)
        await job()
      })
    },
  }
}
