import type { Database } from '../database.ts'
import type { Log } from '../log.ts'
import { createBundledEmbedder, type Embedder } from './embedder.ts'
import { createChanges } from './changes.ts'
import { createCuration } from './curation.ts'
import { createConversations } from './conversations.ts'
import { createFullText } from './fulltext.ts'
import { createIndexState } from './index-state.ts'
import { createIndexer } from './indexer.ts'
import { createForget } from './forget.ts'
import type { Memory } from './memory.ts'
import { createMirror } from './mirror.ts'
import { createRecord } from './record.ts'
import { createSearch } from './search.ts'
import { createVectors } from './vectors.ts'

export { memoryMigrations, memorySourceMigrations } from './schema.ts'

/** How long, in ms, the vectors of replaced texts wait to be removed. */
const TIDY_AFTER = 60_000

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
  embedder = createBundledEmbedder({ log }),
  patience = 1_500,
  keep = 60_000,
}: {
  database: Database
  folder: string
  log: Log
  embedder?: Embedder
  patience?: number
  keep?: number
}): Memory {
  const record = createRecord(database.sql)
  const changes = createChanges(database.sql, record)
  const fullText = createFullText(database.sql)
  const conversations = createConversations(database.sql)
  const state = createIndexState(database.sql)
  const vectors = createVectors({ folder, dimensions: embedder.dimensions, log, keep })
  const mirror = createMirror({ database, state, vectors, log, onLost: () => indexer.wake() })
  const indexer = createIndexer({ state, mirror, embedder, log })
  const search = createSearch({
    record,
    conversations,
    fullText,
    vectors,
    mirror,
    indexer,
    embedder,
    log,
    patience,
  })
  const curation = createCuration({
    database,
    changes,
    onAdded: () => indexer.wake(),
    onReplaced: tidyLater,
  })
  const forget = createForget({ database, changes, mirror, log })
  let tidying: NodeJS.Timeout | undefined
  const takenUp = takeUp()

  /** What the last run left undone, and tables that are gone. */
  async function takeUp(): Promise<void> {
    try {
      for (const namespace of state.indexedNamespaces()) {
        if (!vectors.of(namespace).exists()) await mirror.ready(namespace)
      }
      if (state.forgotten().size > 0) await mirror.purge()
    } catch (err) {
      log.error({ err }, 'memory.take_up_failed')
    }
    if (state.waiting(1, new Set()).rows.length > 0) indexer.wake()
  }

  /** Vectors that nobody wants gone at once; many go as cheaply as one. */
  function tidyLater(): void {
    tidying ??= setTimeout(() => {
      tidying = undefined
      mirror.purge().catch((err: unknown) => log.warn({ err }, 'memory.tidy_failed'))
    }, TIDY_AFTER).unref()
  }

  return {
    async add(memory) {
      const id = await database.write(() => record.add(memory))
      indexer.wake()
      return { id }
    },
    record(memory) {
      const id = record.add(memory)
      indexer.wake()
      return { id }
    },
    search,
    retract(namespace, id) {
      tidyLater()
      return changes.take(namespace, { id }, 1).memories > 0
    },
    ...curation,
    forget,
    async indexed() {
      await takenUp
      await indexer.catchUp()
    },
    async close() {
      clearTimeout(tidying)
      await takenUp
      await Promise.all([indexer.close(), embedder.close()])
      await vectors.close()
    },
  }
}
