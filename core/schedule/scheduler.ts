import type { JobRun } from '#contract'
import { SYSTEM } from '../chats/chats.ts'
import type { Database } from '../database.ts'
import type { NewDelivery, Outbox } from '../delivery/delivery.ts'
import { Problem, problem } from '../errors.ts'
import type { Log } from '../log.ts'
import { createAlarm } from './alarm.ts'
import { lastSlot, nextSlot } from './cron.ts'
import { type Job, type Run, toRun } from './job.ts'
import { reasonOf } from './reason.ts'
import type { createJobStore } from './store.ts'

/** What begins more than this after its time is late, in ms. */
const LATE = 60_000
/** Most jobs that are taken at once; the rest follows at once, after others had their turn. */
const BATCH = 100
/** Most turns and plugin calls that run side by side. */
const MAX_RUNNING = 4
/** How long to wait after the disk failed, in ms. */
const AFTER_FAILURE = 5_000

/** What a turn or a plugin call led to: a message for the person, or nothing to tell. */
export type Outcome = Pick<NewDelivery, 'text' | 'partner' | 'source'> | undefined

export interface SchedulerParts {
  readonly database: Database
  readonly store: ReturnType<typeof createJobStore>
  readonly outbox: Outbox
  /**
   * Runs a job that is more than a message. Called again with the same slot after a crash.
   * @throws Problem; the signal's reason when it aborts
   */
  readonly execute: (job: Job, run: Run, signal: AbortSignal) => Promise<Outcome>
  readonly now: () => number
  readonly log: Log
}

/** Runs what is due, once for each time that it is due, over restarts, downtime and clocks that are set. */
export interface Scheduler {
  /** Begins: what was interrupted goes on, what was missed is late, the rest waits for its time. */
  start(): void
  /** What is due next has changed. */
  wake(): void
  /** Runs it now, beside its plan. @throws Problem `not_found` */
  runNow(id: string): Promise<JobRun>
  /** Nothing new begins; what runs may end, and else goes on at the next start. */
  close(): Promise<void>
}

export function createScheduler({ database, store, outbox, execute, now, log }: SchedulerParts): Scheduler {
  const alarm = createAlarm({ now, ring })
  let latest = store.latestStart() ?? 0
  const waiting: { job: Job; run: Run }[] = []
  const running = new Set<Promise<void>>()
  const stopping = new AbortController()
  let state: 'new' | 'taking' | 'waiting' | 'closed' = 'new'
  let taking = Promise.resolve()

  function wake(): void {
    if (state === 'waiting') alarm.set(store.nextDue())
  }

  function ring(): void {
    if (state !== 'waiting') return
    state = 'taking'
    taking = take().catch((error: unknown) => {
      log.error({ err: error }, 'schedule: jobs could not be taken')
      if (stopped()) return
      state = 'waiting'
      alarm.set(now() + AFTER_FAILURE)
    })
  }

  /** Takes what is due, and sets the alarm for the rest. */
  async function take(): Promise<void> {
    await followClock()
    if (stopped()) return
    const due = store.due(now(), BATCH)
    const taken = await Promise.allSettled(due.map((id) => database.write(() => fire(id))))
    if (stopped()) return
    state = 'waiting'
    const failed = taken.filter((one) => one.status === 'rejected')
    for (const { reason } of failed) log.error({ err: reason }, 'schedule: a job could not begin')
    for (const one of taken) if (one.status === 'fulfilled' && one.value) waiting.push(one.value)
    pump()
    alarm.set(failed.length > 0 ? now() + AFTER_FAILURE : store.nextDue())
  }

  /** A clock that was ahead and is put right again leaves jobs planned too far away. What ran meanwhile does not run again. */
  async function followClock(): Promise<void> {
    const at = now()
    const wentBack = at < latest - LATE
    latest = at
    if (!wentBack) return
    log.warn('schedule: the clock was put back; jobs are planned anew')
    await database.write(() => {
      for (const { id, cron, timezone, next_at } of store.repeating()) {
        const next = nextSlot(cron, timezone, at)
        if (next < next_at) store.setNext(id, next)
      }
    })
  }

  const stopped = (): boolean => state === 'closed'

  /** Inside a transaction: the slot is taken, and the next one is set. What is left to run comes back. */
  function fire(id: string): { job: Job; run: Run } | undefined {
    const job = store.get(id)
    const at = now()
    if (!job || job.next_at === null || job.next_at > at) return undefined
    const slot = slotOf(job, job.next_at, at)
    store.setNext(id, job.cron === null ? null : nextSlot(job.cron, job.timezone, Math.max(at, slot)))
    if (slot !== job.next_at) skip(job, job.next_at, at)
    const late = at - slot > LATE
    if (late && job.missed === 'skip') return skip(job, slot, at)
    return begin(job, slot, late)
  }

  function skip(job: Job, slot: number, at: number): undefined {
    const detail = 'Core did not run then'
    store.insertRun({ ...runOf(job, slot, at), status: 'skipped', ended_at: at, detail })
  }

  function begin(job: Job, slot: number, late: boolean): { job: Job; run: Run } | undefined {
    const at = now()
    const run = { ...runOf(job, slot, at), late }
    if (job.kind !== 'message') return store.insertRun(run) ? { job, run } : undefined
    if (!store.insertRun({ ...run, status: 'done', ended_at: at })) return undefined
    enqueue(job, run, { partner: SYSTEM, text: job.text, source: { kind: 'job', id: job.id } })
  }

  function enqueue(job: Job, run: Run, outcome: NonNullable<Outcome>): void {
    const delivery = outbox.enqueue({
      ...outcome,
      user_id: job.user_id,
      key: job.channel_key ?? undefined,
      reason: reasonOf(job, run, now()),
      dedupe_key: String(run.slot),
      late: run.late,
    })
    store.setDelivery(job.id, run.slot, delivery)
  }

  function pump(): void {
    while (!stopped() && running.size < MAX_RUNNING) {
      const next = waiting.shift()
      if (!next) return
      const done = carryOut(next.job, next.run).finally(() => {
        running.delete(done)
        pump()
      })
      running.add(done)
    }
  }

  async function carryOut(job: Job, run: Run): Promise<void> {
    try {
      const outcome = await execute(job, run, stopping.signal)
      await end(job, run, { outcome })
    } catch (error) {
      if (stopped() || (error instanceof Problem && error.code === 'stopping')) return
      if (!(error instanceof Problem)) log.error({ err: error, job: job.id }, 'schedule: a bug in a job')
      const detail = error instanceof Problem ? error.message : 'Internal error'
      await end(job, run, { outcome: apology(job, detail), detail }).catch((cause: unknown) =>
        log.error({ err: cause, job: job.id }, 'schedule: the end of a job could not be stored'),
      )
    }
  }

  /** The end of the run and the message that it led to are stored together, or neither. */
  const end = (
    job: Job,
    run: Run,
    { outcome, detail = null }: { outcome: Outcome; detail?: string | null },
  ) =>
    database.write(() => {
      const status = detail === null ? 'done' : 'failed'
      if (!store.endRun({ job: job.id, slot: run.slot, status, ended_at: now(), detail })) return
      if (outcome) enqueue(job, run, outcome)
      log.info({ job: job.id, user: job.user_id, kind: job.kind, status }, 'schedule: a job ran')
    })

  return {
    wake,
    start() {
      state = 'waiting'
      for (const run of store.running()) {
        const job = store.get(run.job)
        if (job) waiting.push({ job, run })
      }
      pump()
      ring()
    },
    async runNow(id) {
      const began = await database.write(() => {
        const job = store.get(id)
        if (!job) throw problem('not_found', `job "${id}"`)
        const slot = now()
        return { slot, left: begin(job, slot, false) }
      })
      if (began.left) waiting.push(began.left)
      pump()
      const run = store.run(id, began.slot)
      if (!run) throw problem('not_found', `job "${id}"`)
      return toRun(run)
    },
    async close() {
      state = 'closed'
      alarm.set(undefined)
      stopping.abort(problem('stopping'))
      await Promise.all([taking, ...running])
    },
  }
}

/** The moment this run is for: when it is due, or, when several have passed, the last of them. */
function slotOf({ cron, timezone }: Job, due: number, at: number): number {
  if (cron === null || nextSlot(cron, timezone, due) > at) return due
  return lastSlot(cron, timezone, { from: due, to: at })
}

const runOf = ({ id }: Job, slot: number, at: number): Run => ({
  job: id,
  slot,
  status: 'running',
  late: false,
  started_at: at,
  ended_at: null,
  detail: null,
  delivery_id: null,
})

/** What a plugin planned for itself is nothing to bother the person with. */
function apology({ id, text, made_by }: Job, detail: string): Outcome {
  if (made_by !== null) return undefined
  const words = `“${text}” could not be done: ${detail}`
  return { partner: SYSTEM, text: words, source: { kind: 'job', id } }
}
