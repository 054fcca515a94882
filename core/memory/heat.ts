import { createHotVectors, type HotVectors } from './hot.ts'
import type { VectorRow } from './rows.ts'

/** Keeps the vectors of a small table in memory while it is searched. */
export interface Heat {
  /** Undefined when a table of so many rows is too large for that. */
  of(rows: number, dimensions: number): Promise<HotVectors> | undefined
  /** These were appended to the files. Waits while these are read. */
  add(rows: readonly VectorRow[]): Promise<void>
  /** These go. */
  remove(memories: readonly number[]): void
  /** What it takes, in bytes. */
  size(): number
  /** Lets all go. */
  cool(): void
}

/** Numbers of a table up to which it is held in memory: a few ms of Core's time for a search, 32 MB. */
const MOST_NUMBERS = 8_000_000
/** How long it is held after the last search, in ms. */
const HOT_FOR = 5 * 60_000

/**
 * @param readAll gives all rows of the table
 * @param onHot it takes memory now
 */
export function createHeat(
  readAll: (onPart: (rows: VectorRow[]) => void) => Promise<unknown>,
  onHot: () => void,
): Heat {
  let reading: Promise<HotVectors> | undefined
  let held: HotVectors | undefined
  let cooling: NodeJS.Timeout | undefined

  async function read(dimensions: number): Promise<HotVectors> {
    const vectors = createHotVectors(dimensions)
    await readAll((rows) => vectors.add(rows))
    return vectors
  }

  function hold(dimensions: number): Promise<HotVectors> {
    const now = read(dimensions)
    reading = now
    void keep(now)
    return now
  }

  /** Unless it was let go while it was read. */
  async function keep(now: Promise<HotVectors>): Promise<void> {
    const vectors = await now.catch(() => undefined)
    if (reading !== now) return
    if (!vectors) return cool()
    held = vectors
    onHot()
  }

  function cool(): void {
    clearTimeout(cooling)
    reading = undefined
    held = undefined
  }

  return {
    of(rows, dimensions) {
      if (rows * dimensions > MOST_NUMBERS) {
        cool()
        return undefined
      }
      clearTimeout(cooling)
      cooling = setTimeout(cool, HOT_FOR).unref()
      return reading ?? hold(dimensions)
    },
    async add(rows) {
      const vectors = await reading?.catch(() => undefined)
      vectors?.addNew(rows)
    },
    remove(memories) {
      // What is read just now may have them.
      if (held) held.remove(memories)
      else cool()
    },
    size: () => held?.size() ?? 0,
    cool,
  }
}
