import { createHotVectors, type HotVectors } from './hot.ts'
import type { Near, SearchOptions, VectorRow } from './rows.ts'

/** Keeps the vectors of a small table in memory while it is searched. */
export interface Heat {
  /** Undefined when a table of so many rows is too large for that. */
  search(rows: number, vector: Float32Array, options: SearchOptions): Promise<Near[]> | undefined
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
    try {
      await readAll((rows) => vectors.add(rows))
      return vectors
    } catch (err) {
      vectors.release()
      throw err
    }
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
    if (reading !== now) vectors?.release()
    else if (!vectors) cool()
    else {
      held = vectors
      onHot()
    }
  }

  /** What was let go before anybody could search it is read again. */
  async function search(vector: Float32Array, options: SearchOptions): Promise<Near[]> {
    for (;;) {
      const vectors = await (reading ?? hold(vector.length))
      if (!vectors.released()) return vectors.search(vector, options)
    }
  }

  function cool(): void {
    clearTimeout(cooling)
    held?.release()
    reading = undefined
    held = undefined
  }

  return {
    search(rows, vector, options) {
      if (rows * vector.length > MOST_NUMBERS) {
        cool()
        return undefined
      }
      clearTimeout(cooling)
      cooling = setTimeout(cool, HOT_FOR).unref()
      return search(vector, options)
    },
    async add(rows) {
      const vectors = await reading?.catch(() => undefined)
      if (!vectors?.released()) vectors?.addNew(rows)
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
