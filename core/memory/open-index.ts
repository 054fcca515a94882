import type { MemoryStatus } from '#contract'
import type { Database } from '../database.ts'
import type { Log } from '../log.ts'
import { createAccounts } from './accounts.ts'
import type { OpenEmbedders } from './embedders/choose.ts'
import { createGate } from './gate.ts'
import { createIndexState } from './index-state.ts'
import { createMeaning, type Meaning } from './meaning.ts'
import { createMirror, type Mirror } from './mirror.ts'
import { createMoves } from './moves.ts'
import { createRebuildState } from './rebuild-state.ts'
import { createShelf } from './shelf.ts'
import { createSpaceIndexes } from './space-indexes.ts'
import { createSpaces } from './spaces.ts'
import { createVectors } from './vectors.ts'

/** The vector index of the record, with all that keeps it so. */
export interface VectorIndex {
  readonly meaning: Meaning
  readonly mirror: Mirror
  /** Something was added to the record. */
  wake(): void
  /** When everything added so far is in the index, in the space that is wanted, or cannot be brought there now. */
  caughtUp(): Promise<void>
  status(): MemoryStatus
  close(): Promise<void>
}

export function openIndex({
  database,
  folder,
  log,
  openEmbedders,
}: {
  database: Database
  folder: string
  log: Log
  openEmbedders: OpenEmbedders
}): VectorIndex {
  const state = createIndexState(database.sql)
  const rebuilds = createRebuildState(database.sql)
  const spaces = createSpaces(database.sql)
  const embedders = openEmbedders(spaces)
  const vectors = createVectors({ folder, log })
  const lane = createGate()
  const accountOf = createAccounts({ state, rebuilds, spaces })
  const onLost = () => indexes.wakeAll()
  const mirror = createMirror({ lane, database, state, accountOf, vectors, log, onLost })
  const moves = createMoves({ lane, database, rebuilds, spaces, vectors, log })
  const shelf = createShelf({ store: mirror.store, log })
  const indexes = createSpaceIndexes({ state, rebuilds, spaces, embedders, mirror, shelf, moves, log })
  const takenUp = takeUp()

  /** What the last run left undone, and tables that are gone. */
  async function takeUp(): Promise<void> {
    try {
      await moves.dropLeftOvers()
      for (const place of state.indexedPlaces()) {
        if (!vectors.of(place).exists()) await mirror.ready(place)
      }
      if (state.forgotten().size > 0) await mirror.purge()
    } catch (err) {
      log.error({ err }, 'memory.take_up_failed')
    }
    spaces.onWanted(indexes.wakeAll)
    indexes.wakeAll()
  }

  return {
    meaning: createMeaning({ spaces, embedders, indexes, mirror, shelf, vectors }),
    mirror,
    wake: indexes.wake,
    async caughtUp() {
      await takenUp
      await indexes.catchUp()
    },
    status() {
      const { total, done } = rebuilds.progress()
      return {
        enabled: true,
        ...embedders.status(),
        waiting: state.waitingInAll(),
        ...(total > 0 && { rebuilding: { done, total } }),
      }
    },
    async close() {
      await takenUp
      await Promise.all([indexes.close(), embedders.close()])
      await vectors.close()
    },
  }
}
