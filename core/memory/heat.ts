import type { Table } from '@lancedb/lancedb'
import { readRows } from './arrow-rows.ts'
import { createHotVectors, type HotVectors } from './hot.ts'
import type { VectorRow } from './rows.ts'

/** Keeps the vectors of a small table in memory while it is searched. */
export interface Heat {
  /** Undefined when the table is too large for that. */
  of(table: Table, rows: number, dimensions: number): Promise<HotVectors> | undefined
  /** Waits while they are read, so that what is appended then is not read too; call it before an append. */
  settled(): Promise<unknown>
  /** These were appended. */
  add(rows: readonly VectorRow[]): void
  /** What it takes, in bytes. */
  size(): number
  /** Lets all go. */
  cool(): void
}

/** Numbers of a table up to which it is held in memory: a few ms of Core's time for a search, 32 MB. */
const MOST_NUMBERS = 8_000_000
/** How long it is held after the last search, in ms. */
const HOT_FOR = 5 * 60_000

/** `onHot`: it takes memory now. */
export function createHeat(onHot: () => void): Heat {
  let reading: Promise<HotVectors> | undefined
  let held: HotVectors | undefined
  let cooling: NodeJS.Timeout | undefined

  async function read(table: Table, dimensions: number): Promise<HotVectors> {
    const vectors = createHotVectors(dimensions)
    for await (const rows of readRows(table)) vectors.add(rows)
    held = vectors
    onHot()
    return vectors
  }

  function cool(): void {
    clearTimeout(cooling)
    reading = undefined
    held = undefined
  }

  return {
    of(table, rows, dimensions) {
      if (rows * dimensions > MOST_NUMBERS) return undefined
      clearTimeout(cooling)
      cooling = setTimeout(cool, HOT_FOR).unref()
      reading ??= read(table, dimensions)
      reading.catch(cool)
      return reading
    },
    settled: async () => reading,
    add: (rows) => held?.add(rows),
    size: () => held?.size() ?? 0,
    cool,
  }
}
