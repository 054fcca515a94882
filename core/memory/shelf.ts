import type { Log } from '../log.ts'
import { createHotVectors, type HotVectors } from './hot.ts'
import type { Near, SearchOptions, VectorRow } from './rows.ts'
import type { Place } from './vectors.ts'

/** Where memories lie, embedded and found, until they are stored in the index, many at once and behind everybody's back. */
export interface Shelf {
  /**
   * Found from now on. Waits while there is no room.
   * @throws Error when there is none, as the index takes nothing
   */
  put(place: Place, memories: readonly number[], pieces: readonly VectorRow[]): Promise<void>
  /** The memories that lie here, of all places. */
  held(): ReadonlySet<number>
  /** As `VectorTable.search`, of what lies here. */
  search(place: Place, vector: Float32Array, options: SearchOptions): Near[]
  /** Resolves when all that lies here now is stored, or cannot be stored now. */
  flush(): Promise<void>
  /** Tries to store once more what lies here; what cannot be is embedded again after the next start. */
  close(): Promise<void>
}

/** How long rows gather, in ms; each time they are stored makes files. */
const GATHER = 200
/** How many memories lie here at most. */
const MOST = 512
/** How many of one place are stored without waiting for more, and at once. */
const MANY = 64
const FIRST_RETRY = 1_000
const LAST_RETRY = 60_000

/** What lies here of one place. */
interface Pile {
  readonly place: Place
  readonly memories: Set<number>
  rows: VectorRow[]
  near: HotVectors | undefined
}

type Store = (place: Place, memories: readonly number[], pieces: readonly VectorRow[]) => Promise<void>

export function createShelf({ store, log }: { store: Store; log: Log }): Shelf {
  const piles = new Map<string, Pile>()
  const held = new Set<number>()
  let storing: Promise<void> | undefined
  let timer: NodeJS.Timeout | undefined
  let retry = FIRST_RETRY
  let retryAt = 0

  function pileOf(place: Place): Pile {
    const key = keyOf(place)
    const known = piles.get(key)
    if (known) return known
    const pile: Pile = { place, memories: new Set(), rows: [], near: undefined }
    piles.set(key, pile)
    return pile
  }

  const flush = (): Promise<void> => (storing ??= storeAll().finally(() => (storing = undefined)))

  async function storeAll(): Promise<void> {
    const all = [...piles.values()]
    try {
      for (const pile of all) {
        for (let left = pile.memories.size; left > 0; left -= MANY) await storeSome(pile)
      }
      retry = FIRST_RETRY
      retryAt = 0
    } catch (err) {
      log.warn({ err, memories: held.size, retry_ms: retry }, 'memory.storing_failed')
      retryAt = Date.now() + retry
      retry = Math.min(retry * 2, LAST_RETRY)
    }
    if (held.size > 0) flushLater()
  }

  /** The first of them, so that nothing stands still for long. */
  async function storeSome(pile: Pile): Promise<void> {
    const memories = new Set([...pile.memories].slice(0, MANY))
    const isOne = ({ memory }: VectorRow): boolean => memories.has(memory)
    await store(pile.place, [...memories], pile.rows.filter(isOne))
    for (const memory of memories) {
      pile.memories.delete(memory)
      held.delete(memory)
    }
    pile.rows = pile.rows.filter((row) => !isOne(row))
    pile.near?.release()
    pile.near = undefined
    if (pile.memories.size === 0) piles.delete(keyOf(pile.place))
  }

  function flushLater(): void {
    timer ??= setTimeout(flushNow, Math.max(GATHER, retryAt - Date.now())).unref()
  }

  function flushNow(): void {
    clearTimeout(timer)
    timer = undefined
    void flush()
  }

  return {
    async put(place, memories, pieces) {
      while (held.size >= MOST) {
        if (Date.now() < retryAt) throw new Error('the index takes nothing now')
        await flush()
      }
      const pile = pileOf(place)
      for (const memory of memories) {
        pile.memories.add(memory)
        held.add(memory)
      }
      pile.rows = [...pile.rows, ...pieces]
      pile.near?.add(pieces)
      if (pile.memories.size >= MANY && Date.now() >= retryAt) flushNow()
      else flushLater()
    },
    held: () => held,
    search(place, vector, options) {
      const pile = piles.get(keyOf(place))
      if (!pile || pile.rows.length === 0) return []
      if (!pile.near) (pile.near = createHotVectors(vector.length)).add(pile.rows)
      return pile.near.search(vector, options)
    },
    async flush() {
      await storing
      if (held.size > 0 && Date.now() >= retryAt) await flush()
    },
    async close() {
      await storing
      if (held.size > 0) await flush()
      clearTimeout(timer)
      for (const { near } of piles.values()) near?.release()
    },
  }
}

const keyOf = ({ namespace, space }: Place): string => `${namespace}/${space}`
