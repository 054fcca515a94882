import type { Database } from '../database.ts'
import type { Log } from '../log.ts'
import type { Chats } from './chats.ts'
import { createFullText } from './fulltext.ts'
import { createChatReader } from './read.ts'
import { createRecent } from './recent.ts'
import { createChatWriter } from './write.ts'

/** Chats in SQLite. `now` gives the time in ms. */
export function createChats({
  database,
  now,
  log,
}: {
  database: Database
  now: () => number
  log: Log
}): Chats {
  const { recent: load, ...reader } = createChatReader(database.sql)
  const writer = createChatWriter(database.sql)
  const fullText = createFullText({ database, log })
  const recent = createRecent(load)

  return {
    ...reader,
    begin: (turn) => database.write(() => writer.begin(turn, now())),
    async complete(turn, reply, also) {
      const at = now()
      await database.write(() => {
        writer.complete(turn, reply, at)
        also?.()
      })
      recent.answered(turn, reply.text, at)
      fullText.touch()
    },
    say(said) {
      writer.say(said, now())
      queueMicrotask(() => {
        recent.forget(said.user_id, said.partner)
        fullText.touch()
      })
    },
    fail: (turn, problem) => database.write(() => writer.fail(turn, problem, now())),
    failInterrupted: (problem) => database.write(() => writer.failInterrupted(problem, now())),
    recent: recent.of,
    async search(userId, query, limit) {
      await fullText.catchUp()
      return reader.search(userId, query, limit)
    },
    close: fullText.close,
  }
}
