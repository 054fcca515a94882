import type { Database } from '../database.ts'
import type { Chats } from './chats.ts'
import { createChatReader } from './read.ts'
import { createChatWriter } from './write.ts'

/** Chats in SQLite. `now` gives the time in ms. */
export function createChats(database: Database, now: () => number): Chats {
  const writer = createChatWriter(database.sql, now)
  return {
    ...createChatReader(database.sql),
    begin: (turn) => database.write(() => writer.begin(turn)),
    complete: (turnId, reply, also) =>
      database.write(() => {
        writer.complete(turnId, reply)
        also?.()
      }),
    fail: (turnId, problem) => database.write(() => writer.fail(turnId, problem)),
    failInterrupted: (problem) => database.write(() => writer.failInterrupted(problem)),
  }
}
