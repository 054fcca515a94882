import type { OwnTable } from '../belongings/own-table.ts'
import { z } from 'zod'
import type { Database, Migration } from '../database.ts'

export const pendingMigration: Migration = {
  id: 'assistant-1-pending-call',
  sql: `create table pending_call (
    user_id text primary key,
    call text not null,
    at integer not null
  ) strict, without rowid`,
}

/** How long a question of System waits for its answer, in ms. */
const WAITS = 60 * 60 * 1_000

const pendingCall = z.object({
  tool: z.string(),
  given: z.record(z.string(), z.unknown()),
  missing: z.array(z.object({ name: z.string(), description: z.string() })),
})

/** A call of a plugin that lacks something, for which the person was asked. */
export type PendingCall = z.infer<typeof pendingCall>

/** What System asked each person for; it waits for their next message. */
export interface Pending {
  of(userId: string): PendingCall | undefined
  /** Durable when it resolves. Undefined: nothing waits any more. */
  set(userId: string, call: PendingCall | undefined): Promise<void>
}

export function createPending({ database, now }: { database: Database; now: () => number }): Pending {
  const { sql } = database
  const find = sql
    .prepare<[string, number], string>('select call from pending_call where user_id = ? and at > ?')
    .pluck()
  const replace = sql.prepare('insert or replace into pending_call values (?, ?, ?)')
  const remove = sql.prepare('delete from pending_call where user_id = ?')

  return {
    of(userId) {
      const call = find.get(userId, now() - WAITS)
      return call === undefined ? undefined : pendingCall.parse(JSON.parse(call))
    },
    async set(userId, call) {
      if (call) await database.write(() => replace.run(userId, JSON.stringify(call), now()))
      else await database.write(() => remove.run(userId))
    },
  }
}

/** What System asked a person for. */
export const pendingTables: readonly OwnTable[] = [
  {
    kind: 'question',
    place: 'messages',
    select: 'select call, at from pending_call where user_id = ?',
    remove: 'delete from pending_call where user_id = ?',
  },
]
