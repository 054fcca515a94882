import type { JobRun } from '#contract'
import type { Database } from '../database.ts'
import type { Outbox } from '../delivery/delivery.ts'
import { problem } from '../errors.ts'
import type { Log } from '../log.ts'
import { createAlarm } from './alarm.ts'
import { createCarryOut, type Execute } from './carry-out.ts'
import { createDue, LATE } from './due.ts'
import { toRun } from './job.ts'
import { PAUSES } from './retry.ts'
import type { JobStore } from './store.ts'

/** Most jobs that are taken at once; the rest follows at once, after others had their turn. */
const BATCH = 100
/** How long to wait after the disk failed, in ms. */
const AFTER_FAILURE = 5_000

export interface SchedulerParts {
  readonly database: Database
  readonly store: JobStore
  readonly outbox: Outbox
  readonly execute: Execute
  readonly now: () => number
  readonly log: Log
  /** How long to wait before what failed is tried again, in ms. */
  readonly pauses?: readonly number[]
}

/** Runs what is due, once for each time that it is due, over restarts, downtime and clocks that are set. */
export interface Scheduler {
  /** Begins: what was interrupted goes on, what was missed is late, the rest waits for its time. */
  start(): void
  /** What is due next has changed. */
  wake(): void
  /** Runs it now, beside its plan. @throws Problem `not_found` */
  runNow(id: string): Promise<JobRun>
  /** Nothing new begins; what runs goes on at the next start. */
  close(): Promise<void>
}

export function createScheduler(parts: SchedulerParts): Scheduler {
  const { database, store, outbox, execute, now, log, pauses = PAUSES } = parts
  const alarm = createAlarm({ now, ring })
  const due = createDue({ store, outbox, now, pauses })
  const carryOut = createCarryOut({ database, due, execute, log })
  let latest = store.latestStart() ?? 0
  let state: 'new' | 'taking' | 'waiting' | 'closed' = 'new'
  let taking = Promise.resolve()

  const isClosed = (): boolean => state === 'closed'

  function wake(): void {
    if (state === 'waiting') alarm.set(store.nextDue())
  }

  function ring(): void {
    if (state !== 'waiting') return
    state = 'taking'
    taking = take().catch((error: unknown) => {
      log.error({ err: error }, 'schedule: jobs could not be taken')
      if (isClosed()) return
      state = 'waiting'
      alarm.set(now() + AFTER_FAILURE)
    })
  }

  /** Takes what is due, and sets the alarm for the rest. */
  async function take(): Promise<void> {
    await followClock()
    if (isClosed()) return
    const ids = store.due(now(), BATCH)
    const taken = await Promise.allSettled(ids.map((id) => database.write(() => due.fire(id))))
    if (isClosed()) return
    state = 'waiting'
    const failed = taken.filter((one) => one.status === 'rejected')
    for (const { reason } of failed) log.error({ err: reason }, 'schedule: a job could not begin')
    for (const one of taken) if (one.status === 'fulfilled' && one.value) carryOut.add(one.value)
    alarm.set(failed.length > 0 ? now() + AFTER_FAILURE : store.nextDue())
  }

  /** A clock that was ahead and is put right again leaves jobs planned too far away. */
  async function followClock(): Promise<void> {
    const wentBack = now() < latest - LATE
    latest = now()
    if (!wentBack) return
    log.warn('schedule: the clock was put back; jobs are planned anew')
    await database.write(due.planAnew)
  }

  return {
    wake,
    start() {
      state = 'waiting'
      for (const run of store.running()) {
        const job = store.get(run.job)
        if (job) void carryOut.resume({ job, run })
      }
      ring()
    },
    async runNow(id) {
      const { slot, left } = await database.write(() => {
        const job = store.get(id)
        if (!job) throw problem('not_found', `job "${id}"`)
        const at = now()
        return { slot: at, left: due.begin(job, at, false) }
      })
      if (left) carryOut.add(left)
      const run = store.run(id, slot)
      if (!run) throw problem('not_found', `job "${id}"`)
      return toRun(run)
    },
    async close() {
      state = 'closed'
      alarm.set(undefined)
      await Promise.all([taking, carryOut.close()])
    },
  }
}
