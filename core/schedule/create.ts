import type { Chats } from '../chats/chats.ts'
import type { Database } from '../database.ts'
import type { Outbox } from '../delivery/delivery.ts'
import type { Log } from '../log.ts'
import { createExecute, type ExecuteParts } from './execute.ts'
import { createJobs, type Jobs } from './jobs.ts'
import { createScheduler, type Scheduler } from './scheduler.ts'
import { createJobStore } from './store.ts'

export interface ScheduleParts {
  readonly database: Database
  readonly chats: Pick<Chats, 'lastChannel'>
  readonly outbox: Outbox
  /** ms since 1970. */
  readonly now: () => number
  readonly timeZoneOf: (userId: string) => string
  readonly log: Log
}

/** The jobs, and what runs them once there are turns to run. */
export interface Schedule {
  readonly jobs: Jobs
  scheduler(parts: ExecuteParts): Scheduler
}

export function createSchedule({ database, chats, outbox, now, timeZoneOf, log }: ScheduleParts): Schedule {
  const store = createJobStore(database.sql)
  let scheduler: Scheduler | undefined
  return {
    jobs: createJobs({ database, store, chats, now, timeZoneOf, onChange: () => scheduler?.wake() }),
    scheduler(parts) {
      scheduler = createScheduler({ database, store, outbox, execute: createExecute(parts), now, log })
      return scheduler
    },
  }
}
