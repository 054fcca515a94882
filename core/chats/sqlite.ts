import type { Database } from '../database.ts'
import type { Log } from '../log.ts'
import type { ChatChange } from './changes.ts'
import type { Chats, StoredTurn } from './chats.ts'
import { createDrafts, draftOf } from './drafts.ts'
import { createFullText } from './fulltext.ts'
import { createChatReader } from './read.ts'
import { createRecent } from './recent.ts'
import { createChatRemover } from './remove.ts'
import { createChatWriter } from './write.ts'

/** After this long the transaction of whoever said something is on disk, in ms. */
const COMMITTED = 50

/** Chats in SQLite. `now` gives the time in ms. */
export function createChats({
  database,
  now,
  log,
  onChange = () => {},
}: {
  database: Database
  now: () => number
  log: Log
  /** Hears of what is on disk now, and of what was said in a transaction of others a moment later. */
  onChange?: (change: ChatChange) => void
}): Chats {
  const { recent: load, ...reader } = createChatReader(database.sql)
  const writer = createChatWriter(database.sql)
  const remover = createChatRemover(database.sql)
  const drafts = createDrafts({ database, insert: writer.insert, onWritten: told, log })
  const fullText = createFullText({ database, log })
  const recent = createRecent(load)

  function told({ user_id, partner, message_id }: StoredTurn): void {
    onChange({ user_id, partner, message_id })
  }

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
      if (turn.isVersion) recent.forget(turn.user_id, turn.partner)
      else recent.answered(turn, reply.text, at)
      fullText.touch()
      told(turn)
    },
    async fail(turn, problem) {
      await database.write(() => writer.fail(turn, problem, now(), drafts.of(turn.id)))
      drafts.drop(turn.id)
      told(turn)
    },
    async choose(turnId) {
      const found = reader.find(turnId)
      if (!found) return
      await database.write(() => writer.choose(turnId))
      recent.forget(found.user_id, found.partner)
      onChange({ user_id: found.user_id, partner: found.partner })
    },
    say(said) {
      writer.say(said, now())
      queueMicrotask(() => {
        recent.forget(said.user_id, said.partner)
        fullText.touch()
      })
      setTimeout(onChange, COMMITTED, { user_id: said.user_id, partner: said.partner }).unref()
    },
    async remove(userId, partner) {
      await drafts.flush()
      await fullText.catchUp()
      const removed = { messages: 0, files: new Set<string>() }
      for (let all = false; !all;) {
        const some = await database.write(() => remover.some(userId, partner))
        removed.messages += some.messages
        for (const file of some.files) removed.files.add(file)
        all = some.all
      }
      recent.forget(userId, partner)
      database.emptyLog()
      const files = [...removed.files].filter((file) => !remover.isUsed(userId, file))
      return { messages: removed.messages, files }
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
