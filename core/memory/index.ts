import type { Database } from '../database.ts'
import type { Log } from '../log.ts'
import { givenEmbedders, type OpenEmbedders } from './embedders/choose.ts'
import { createBundledEmbedder } from './embedders/bundled.ts'
import { createAccounts } from './accounts.ts'
import { createFullText } from './fulltext.ts'
import { createIndexState } from './index-state.ts'
import { createMeaning } from './meaning.ts'
import type { Memory } from './memory.ts'
import { createGate } from './gate.ts'
import { createMirror } from './mirror.ts'
import { createMoves } from './moves.ts'
import { createRebuildState } from './rebuild-state.ts'
import { createRecord } from './record.ts'
import { createSearch } from './search.ts'
import { createSpaceIndexes } from './space-indexes.ts'
import { createSpaces } from './spaces.ts'
import { createVectors } from './vectors.ts'

export { memoryMigrations } from './schema.ts'

/**
 * The memory of one machine: SQLite is the record (`memoryMigrations` belong to its database), LanceDB in `folder` an
 * index that is derived from it and rebuilt when it is lost. Opening loads neither LanceDB nor the embedder.
 * @param patience ms that a search waits for the meaning (rows not yet indexed, embedder, LanceDB) before it answers by words only
 * @param keep ms that replaced versions of the index stay on disk for searches in flight
 */
export function createMemory({
  database,
  folder,
  log,
  embedders: openEmbedders = givenEmbedders(createBundledEmbedder({ log })),
  patience = 1_500,
  keep = 60_000,
}: {
  database: Database
  folder: string
  log: Log
  embedders?: OpenEmbedders
  patience?: number
  keep?: number
}): Memory {
  const record = createRecord(database.sql)
  const fullText = createFullText(database.sql)
  const state = createIndexState(database.sql)
  const rebuilds = createRebuildState(database.sql)
  const spaces = createSpaces(database.sql)
  const embedders = openEmbedders(spaces)
  const vectors = createVectors({ folder, log, keep })
  const onLost = () => indexes.wake()
  const lane = createGate()
  const accountOf = createAccounts({ state, rebuilds, spaces })
  const mirror = createMirror({ lane, database, state, accountOf, vectors, log, onLost })
  const moves = createMoves({ lane, database, rebuilds, spaces, vectors, log })
  const indexes = createSpaceIndexes({ state, rebuilds, spaces, embedders, mirror, moves, log })
  const meaning = createMeaning({ spaces, embedders, indexes, mirror, vectors })
  const search = createSearch({ record, fullText, meaning, log, patience })
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
    spaces.onWanted(indexes.wake)
    indexes.wake()
  }

  return {
    async add(memory) {
      const id = await database.write(() => record.add(memory))
      indexes.wake()
      return { id }
    },
    record(memory) {
      const id = record.add(memory)
      indexes.wake()
      return { id }
    },
    search,
    async forget(namespace, id) {
      if (!(await database.write(() => record.forget(namespace, id)))) return false
      await mirror.purge()
      const busy = database.sql.pragma('wal_checkpoint(TRUNCATE)', { simple: true })
      if (busy) log.warn('memory.wal_in_use')
      return true
    },
    async indexed() {
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
