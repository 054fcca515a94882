import type { Database } from '../database.ts'
import type { Log } from '../log.ts'
import { givenEmbedders, type OpenEmbedders } from './embedders/choose.ts'
import { createBundledEmbedder } from './embedders/bundled.ts'
import { createFullText } from './fulltext.ts'
import { createChanges } from './changes.ts'
import { createCuration } from './curation.ts'
import { createConversations } from './conversations.ts'
import { createForget } from './forget.ts'
import type { Memory } from './memory.ts'
import { createRanking } from './ranking.ts'
import { createRecord } from './record.ts'
import { openIndex } from './open-index.ts'
import { createSearch } from './search.ts'

export { memoryMigrations, memorySourceMigrations } from './schema.ts'

/** How long, in ms, the vectors of replaced texts wait to be removed. */
const TIDY_AFTER = 60_000

/**
 * The memory of one machine: SQLite is the record (`memoryMigrations` belong to its database), LanceDB in `folder` an
 * index that is derived from it and rebuilt when it is lost. Opening loads neither LanceDB nor the embedder.
 * @param patience ms that a search waits for the meaning (rows not yet indexed, embedder, LanceDB) before it answers by words only
 */
export function createMemory({
  database,
  folder,
  log,
  embedders: openEmbedders = givenEmbedders(createBundledEmbedder({ log })),
  patience = 1_500,
}: {
  database: Database
  folder: string
  log: Log
  embedders?: OpenEmbedders
  patience?: number
}): Memory {
  const record = createRecord(database.sql)
  const changes = createChanges(database.sql, record)
  const fullText = createFullText(database.sql)
  const conversations = createConversations(database.sql)
  const index = openIndex({ database, folder, log, openEmbedders })
  const { meaning } = index
  const ranking = createRanking({ record, conversations, fullText, meaning, log, patience })
  const search = createSearch({ record, conversations, ranking })
  const curation = createCuration({ database, changes, onAdded: index.wake, onReplaced: tidyLater })
  const forget = createForget({ database, changes, mirror: index.mirror, log })
  let tidying: NodeJS.Timeout | undefined

  /** Vectors that nobody wants gone at once; many go as cheaply as one. */
  function tidyLater(): void {
    tidying ??= setTimeout(() => {
      tidying = undefined
      index.mirror.purge().catch((err: unknown) => log.warn({ err }, 'memory.tidy_failed'))
    }, TIDY_AFTER).unref()
  }

  return {
    async add(memory) {
      const id = await database.write(() => record.add(memory))
      index.wake()
      return { id }
    },
    record(memory) {
      const id = record.add(memory)
      index.wake()
      return { id }
    },
    search,
    retract(namespace, id) {
      tidyLater()
      return changes.take(namespace, { id }, 1).memories > 0
    },
    ...curation,
    forget,
    indexed: index.caughtUp,
    status: index.status,
    async close() {
      clearTimeout(tidying)
      await index.close()
    },
  }
}
