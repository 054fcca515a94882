import type { Database } from '../database.ts'
import type { Log } from '../log.ts'
import type { Memory } from '../memory/memory.ts'
import { BUILTIN } from '../model/builtin.ts'
import { ModelError, type ModelFault, type Models } from '../model/model.ts'
import type { Facts } from './facts.ts'
import { createFactQueue, type FactJob } from './queue.ts'
import { createTakingApart } from './take-apart.ts'

/** Statements of one request: one call of the model serves a whole conversation. */
const BATCH = 8
/** Answers without facts after which a statement stays as it was said. */
const TRIES = 4
const LAST_RETRY = 10 * 60_000
/** Faults that are not the statement's. */
const NOT_ITS_FAULT: ReadonlySet<ModelFault> = new Set(['refused', 'auth', 'busy', 'stopped'])

/**
 * @param quiet ms without a message by anybody before the model is asked, so that no reply waits for it
 * @param retry ms after a failure, doubled with each further one
 */
export function createFacts({
  database,
  memory,
  models,
  prompt,
  log,
  quiet = 10_000,
  retry = 30_000,
}: {
  database: Database
  memory: Memory
  models: Models
  prompt: () => string
  log: Log
  quiet?: number
  retry?: number
}): Facts {
  const queue = createFactQueue(database.sql)
  const takeApart = createTakingApart({ database, memory, queue, prompt, log })
  const closing = new AbortController()
  let timer: NodeJS.Timeout | undefined
  let asking = new AbortController()
  let working: Promise<void> | undefined
  let wait = retry
  let heard = Number.NEGATIVE_INFINITY

  function later(delay: number): void {
    clearTimeout(timer)
    if (!closing.signal.aborted) timer = setTimeout(start, delay).unref()
  }

  function start(): void {
    const early = heard + quiet - performance.now()
    if (early > 0) return later(early)
    work().catch((err: unknown) => {
      log.error({ err }, 'facts: failed')
      later(wait)
    })
  }

  /** One run at a time, whoever asks. */
  const work = (): Promise<void> => (working ??= workThrough().finally(() => (working = undefined)))

  async function workThrough(): Promise<void> {
    for (let jobs = queue.next(BATCH); jobs.length > 0; jobs = queue.next(BATCH)) {
      const model = models.pick()
      if (model.name === BUILTIN) return later(LAST_RETRY)
      asking = new AbortController()
      const signal = AbortSignal.any([asking.signal, closing.signal])
      try {
        await takeApart(jobs, model, signal)
        wait = retry
      } catch (error) {
        return signal.aborted ? later(quiet) : await putOff(jobs, error)
      }
    }
  }

  async function putOff(jobs: readonly FactJob[], error: unknown): Promise<void> {
    const fault = error instanceof ModelError ? error.fault : undefined
    if (fault === undefined) log.error({ err: error }, 'facts: not taken apart')
    else if (!NOT_ITS_FAULT.has(fault)) await database.write(() => jobs.forEach(countFailure))
    log.warn({ fault, statements: jobs.length, retry_ms: wait }, 'facts: the statements stay for now')
    later(wait)
    wait = Math.min(wait * 2, LAST_RETRY)
  }

  function countFailure({ memory_id, failures }: FactJob): void {
    if (failures + 1 < TRIES) queue.failed(memory_id)
    else queue.done(memory_id)
  }

  later(quiet)
  return {
    note(memoryId) {
      if (models.status().kind === 'builtin') return
      queue.put(memoryId)
      later(quiet)
    },
    standBack() {
      if (working) asking.abort()
      heard = performance.now()
    },
    async settled() {
      await working
      await work()
    },
    async close() {
      closing.abort()
      clearTimeout(timer)
      await working
    },
  }
}
