import type { Database } from '../database.ts'
import type { Log } from '../log.ts'
import type { Chats } from './chats.ts'
import { createDrafts, draftOf } from './drafts.ts'
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
  const drafts = createDrafts({ database, insert: writer.insert, log })
  const fullText = createFullText({ database, log })
  const recent = createRecent(load)

  return {
    ...reader,
    async begin(turn) {
      if (drafts.of(turn.id)) await drafts.flush()
      if (turn.hindrance || turn.location || writer.isKnown(turn))
        return database.write(() => writer.begin(turn, now()))
      const draft = draftOf(turn, now())
      drafts.add(draft)
      return { state: 'run', turn: draft.stored }
    },
    stored: drafts.flush,
    async complete(turn, reply, also) {
      const at = now()
      await database.write(() => {
        writer.complete(turn, reply, at, drafts.of(turn.id))
        also?.()
      })
      drafts.drop(turn.id)
      recent.answered(turn, reply.text, at)
      fullText.touch()
    },
    async fail(turn, problem) {
      await database.write(() => writer.fail(turn, problem, now(), drafts.of(turn.id)))
      drafts.drop(turn.id)
    },
    say(said) {
      writer.say(said, now())
      queueMicrotask(() => {
        recent.forget(said.user_id, said.partner)
        fullText.touch()
      })
    },
    failInterrupted: (problem) => database.write(() => writer.failInterrupted(problem, now())),
    recent: recent.of,
    async search(userId, query, limit) {
      await fullText.catchUp()
      return reader.search(userId, query, limit)
    },
    close() {
      drafts.close()
      fullText.close()
    },
  }
}
