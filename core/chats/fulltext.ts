import type { Database } from '../database.ts'
import type { Log } from '../log.ts'

/** Messages that are brought into the full text in one write: bounds how long others wait for it. */
const BATCH = 1_000
/** How long after a message it is found at the latest without anybody searching, in ms. */
const BEHIND = 1_000

/**
 * Keeps the full text of messages behind the writers: in batches it costs a tenth of what it costs message by message.
 * Whoever searches calls `catchUp` first, so that a search always finds everything.
 */
export interface FullText {
  /** Something was written. */
  touch(): void
  /** Resolves when every message so far is in the full text. */
  catchUp(): Promise<void>
  close(): void
}

export function createFullText({ database, log }: { database: Database; log: Log }): FullText {
  const bring = database.sql.prepare(
    `insert into message_fts (rowid, text)
     select seq, text from message
     where seq > (select coalesce(max(id), 0) from message_fts_docsize) order by seq limit ${BATCH}`,
  )
  let timer: NodeJS.Timeout | undefined

  async function catchUp(): Promise<void> {
    clearTimeout(timer)
    timer = undefined
    while ((await database.write(() => bring.run().changes)) === BATCH);
  }

  /** What is not in it now comes with the next message, or with the next search. */
  function catchUpLater(): void {
    catchUp().catch((error: unknown) => log.warn({ err: error }, 'chats: the full text is behind'))
  }

  return {
    touch() {
      timer ??= setTimeout(catchUpLater, BEHIND).unref()
    },
    catchUp,
    close: () => clearTimeout(timer),
  }
}
