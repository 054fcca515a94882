/** Jobs on a real database, with a clock that is set by hand: what the tests and the proof of jobs share. */
import { openDatabase } from '../database.ts'
import { chatMigrations } from '../chats/schema.ts'
import { createChats } from '../chats/sqlite.ts'
import { createEnqueue } from '../delivery/enqueue.ts'
import { deliveryMigrations } from '../delivery/schema.ts'
import { createLog } from '../log.ts'
import type { WantedJob } from './jobs.ts'
import { createJobs } from './jobs.ts'
import { scheduleMigrations } from './schema.ts'
import type { Execute } from './carry-out.ts'
import { createScheduler } from './scheduler.ts'
import { createJobStore } from './store.ts'

export interface Delivered {
  readonly user_id: string
  readonly text: string
  readonly reason: string
  readonly late: number
  /** Where it goes, and whom the bridge there sends it to; null: wherever the person is. */
  readonly channel: string | null
  readonly recipient: string | null
  readonly source_id: string
  readonly dedupe_key: string
}

export type JobsWorld = ReturnType<typeof openJobs>

/**
 * @param now ms since 1970
 * @param pauses what failed is tried again at once, as long as Core would try it
 */
export function openJobs(
  file: string,
  now: () => number,
  { execute = async () => undefined, pauses = [1] }: { execute?: Execute; pauses?: readonly number[] } = {},
) {
  const log = createLog('silent')
  const migrations = [...chatMigrations, ...deliveryMigrations, ...scheduleMigrations]
  const database = openDatabase(file, migrations)
  const chats = createChats({ database, now, log })
  const outbox = { enqueue: createEnqueue({ sql: database.sql, chats, now, wake: () => undefined }) }
  const store = createJobStore(database.sql)
  const scheduler = createScheduler({ database, store, outbox, execute, now, log, pauses })
  const jobs = createJobs({
    database,
    store,
    chats,
    now,
    timeZoneOf: () => 'Europe/Berlin',
    onChange: scheduler.wake,
  })
  return {
    database,
    chats,
    jobs,
    scheduler,
    remind: (text: string, more: Partial<WantedJob>) =>
      jobs.add({ user_id: 'alice', kind: 'message', text, missed: 'run', ...more }),
    delivered: () =>
      database.sql
        .prepare(
          'select user_id, text, reason, late, channel, recipient, source_id, dedupe_key from delivery order by seq',
        )
        .all() as Delivered[],
    async close() {
      await scheduler.close()
      chats.close()
      database.close()
    },
  }
}
