import { SYSTEM } from '../chats/chats.ts'
import type { Database } from '../database.ts'
import { Problem, problem } from '../errors.ts'
import type { Log } from '../log.ts'
import { inLanguage } from '../model/language.ts'
import type { Begun, Due, Outcome } from './due.ts'
import type { Job, Run } from './job.ts'
import { faultOf, withTries } from './retry.ts'

/** Most turns and plugin calls that run side by side. */
const MAX_RUNNING = 4

/**
 * Runs a job that is more than a message. Called again with the same slot after a crash.
 * @throws Problem; the signal's reason when it aborts
 */
export type Execute = (job: Job, run: Run, signal: AbortSignal) => Promise<Outcome>

/** Carries out runs that have begun, a few at a time, and stores what they led to. */
export interface CarryOut {
  add(begun: Begun): void
  /** What was interrupted, or is to be tried again. */
  resume(begun: Begun): Promise<void>
  /** Nothing new begins; what runs is stopped, and goes on at the next start. */
  close(): Promise<void>
}

export function createCarryOut({
  database,
  due,
  execute,
  log,
}: {
  database: Database
  due: Due
  execute: Execute
  log: Log
}): CarryOut {
  const waiting: Begun[] = []
  const running = new Set<Promise<void>>()
  const stopping = new AbortController()
  const later = new Set<NodeJS.Timeout>()

  function add(begun: Begun): void {
    waiting.push(begun)
    pump()
  }

  function pump(): void {
    while (!stopping.signal.aborted && running.size < MAX_RUNNING) {
      const next = waiting.shift()
      if (!next) return
      const done = carryOut(next).finally(() => {
        running.delete(done)
        pump()
      })
      running.add(done)
    }
  }

  async function carryOut(begun: Begun): Promise<void> {
    try {
      const result = await resultOf(begun)
      if (result && !(await postponed(begun, result))) await end(begun, result)
    } catch (error) {
      log.error({ err: error, job: begun.job.id }, 'schedule: the end of a job could not be stored')
    }
  }

  /** Whether it is left for another try. */
  async function postponed(begun: Begun, { passes, detail = '' }: Result): Promise<boolean> {
    const pause = passes ? await database.write(() => due.postpone(begun, detail)) : undefined
    if (pause === undefined) return false
    log.info({ job: begun.job.id, tries: begun.run.tries, pause }, 'schedule: a job is tried again later')
    if (stopping.signal.aborted) return true
    const timer = setTimeout(() => {
      later.delete(timer)
      void resume(begun)
    }, pause)
    later.add(timer)
    return true
  }

  async function resume(begun: Begun): Promise<void> {
    try {
      const next = await database.write(() => due.again(begun))
      if (next) add(next)
    } catch (error) {
      log.error({ err: error, job: begun.job.id }, 'schedule: a job could not be tried again')
    }
  }

  async function resultOf({ job, run }: Begun): Promise<Result | undefined> {
    try {
      return { outcome: await execute(job, run, stopping.signal) }
    } catch (error) {
      if (stopping.signal.aborted || (error instanceof Problem && error.code === 'stopping')) return undefined
      if (!(error instanceof Problem)) log.error({ err: error, job: job.id }, 'schedule: a bug in a job')
      const fault = error instanceof Problem ? faultOf(error) : { detail: 'Internal error', passes: false }
      const detail = withTries(fault.detail, run.tries)
      return { outcome: apology(job, detail), detail, passes: fault.passes }
    }
  }

  async function end(begun: Begun, result: Result): Promise<void> {
    if (!(await database.write(() => due.end(begun, result)))) return
    const { id, user_id, kind } = begun.job
    log.info({ job: id, user: user_id, kind, failed: result.detail !== undefined }, 'schedule: a job ran')
  }

  return {
    add,
    resume,
    async close() {
      stopping.abort(problem('stopping'))
      for (const timer of later) clearTimeout(timer)
      await Promise.all(running)
    },
  }
}

interface Result {
  readonly outcome: Outcome
  /** Why it failed. */
  readonly detail?: string
  /** That may pass by itself. */
  readonly passes?: boolean
}

/** What a plugin planned for itself is nothing to bother the person with. */
function apology({ id, text, made_by, language }: Job, why: string): Outcome {
  if (made_by !== null) return undefined
  const words = inLanguage(language, 'taskFailed', { text, why })
  return { partner: SYSTEM, text: words, source: { kind: 'job', id } }
}
