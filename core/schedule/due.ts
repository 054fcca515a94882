import { SYSTEM } from '../chats/chats.ts'
import type { NewDelivery, Outbox } from '../delivery/delivery.ts'
import { lastSlot, nextSlot } from './cron.ts'
import type { Job, Run } from './job.ts'
import { reasonOf } from './reason.ts'
import { pauseAfter } from './retry.ts'
import type { JobStore } from './store.ts'

/** What begins more than this after its time is late, in ms. */
export const LATE = 60_000

/** What a turn or a plugin call led to: a message for the person, or nothing to tell. */
export type Outcome = Pick<NewDelivery, 'text' | 'partner' | 'source'> | undefined

/** A run that has begun and is left to be carried out. */
export interface Begun {
  readonly job: Job
  readonly run: Run
}

/** What happens to a job when it is due. Each function is to be called inside `database.write`: all of it is stored or nothing. */
export interface Due {
  /** Takes its slot and sets the next one. A message is in the outbox then; what is left to carry out comes back. */
  fire(id: string): Begun | undefined
  /** The same for a slot that is not in its plan. */
  begin(job: Job, slot: number, late: boolean): Begun | undefined
  /** Ends a run, with the message that it led to. False when it had ended before or its job was deleted. */
  end(begun: Begun, result: { outcome: Outcome; detail?: string | undefined }): boolean
  /**
   * A try failed for a reason that may pass. How long to wait for the next one, in ms; undefined: it was the last, or
   * the run is over.
   */
  postpone(begun: Begun, detail: string): number | undefined
  /** What goes on, or is tried once more. Undefined when its job was deleted, or paused meanwhile: then it has ended. */
  again(begun: Begun): Begun | undefined
  /** Plans repeating jobs anew: the clock was ahead of `now()` before. What ran then does not run again. */
  planAnew(): void
}

export function createDue({
  store,
  outbox,
  now,
  pauses,
}: {
  store: JobStore
  outbox: Outbox
  now: () => number
  /** Between one try and the next, in ms. */
  pauses: readonly number[]
}): Due {
  function skip(job: Job, slot: number, at: number): undefined {
    const detail = 'Core did not run then'
    store.insertRun({ ...runOf(job, slot, at), status: 'skipped', ended_at: at, detail })
  }

  function begin(job: Job, slot: number, late: boolean): Begun | undefined {
    const at = now()
    const run = { ...runOf(job, slot, at), late }
    if (job.kind !== 'message') return store.insertRun(run) ? { job, run } : undefined
    if (store.insertRun({ ...run, status: 'done', ended_at: at }))
      enqueue({ job, run }, { partner: SYSTEM, text: job.text, source: { kind: 'job', id: job.id } })
    return undefined
  }

  function enqueue({ job, run }: Begun, outcome: NonNullable<Outcome>): void {
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

  return {
    begin,
    fire(id) {
      const job = store.get(id)
      const at = now()
      if (!job || job.next_at === null || job.next_at > at) return undefined
      const slot = slotOf(job, job.next_at, at)
      store.setNext(id, job.cron === null ? null : nextSlot(job.cron, job.timezone, Math.max(at, slot)))
      if (slot !== job.next_at) skip(job, job.next_at, at)
      const late = at - slot > LATE
      return late && job.missed === 'skip' ? skip(job, slot, at) : begin(job, slot, late)
    },
    end(begun, { outcome, detail }) {
      const status = detail === undefined ? 'done' : 'failed'
      const { tries } = begun.run
      const said = detail ?? (tries > 1 ? `tried ${tries} times` : null)
      const run = { ...begun.run, status, ended_at: now(), detail: said } as const
      if (!store.endRun(run)) return false
      if (outcome) enqueue({ job: begun.job, run }, outcome)
      return true
    },
    postpone({ run }, detail) {
      const job = store.get(run.job)
      if (!job || job.paused) return undefined
      const pause = pauseAfter(run, job, { now: now(), pauses })
      if (pause !== undefined) store.tryAgain(run, detail)
      return pause
    },
    again({ job, run: { slot } }) {
      const run = store.run(job.id, slot)
      if (run?.status !== 'running') return undefined
      const late = run.late || now() - slot > LATE
      if (run.tries === 1 || !store.get(job.id)?.paused) return { job, run: { ...run, late } }
      store.endRun({ ...run, status: 'failed', ended_at: now() })
      return undefined
    },
    planAnew() {
      for (const { id, cron, timezone, next_at } of store.repeating()) {
        const next = nextSlot(cron, timezone, now())
        if (next < next_at) store.setNext(id, next)
      }
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
  tries: 1,
  started_at: at,
  ended_at: null,
  detail: null,
  delivery_id: null,
})
