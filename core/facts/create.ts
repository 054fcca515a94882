import type { MemoryEntry } from '#contract'
import type { Database } from '../database.ts'
import type { Log } from '../log.ts'
import type { Memory } from '../memory/memory.ts'
import { BUILTIN } from '../model/builtin.ts'
import { ModelError, type ModelFault, type Models } from '../model/model.ts'
import { extractFacts, type Found } from './extract.ts'
import type { Facts } from './facts.ts'
import { createFactQueue, type FactJob } from './queue.ts'

/** Statements of one request: one call of the model serves a whole conversation. */
const BATCH = 8
/** Known memories that the model sees. */
const KNOWN = 12
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
  let timer: NodeJS.Timeout | undefined
  let asking: AbortController | undefined
  let working: Promise<void> | undefined
  let wait = retry
  let closed = false

  function later(delay: number): void {
    clearTimeout(timer)
    if (!closed) timer = setTimeout(start, delay).unref()
  }

  function start(): void {
    work().catch((err: unknown) => {
      log.error({ err }, 'facts: failed')
      later(wait)
    })
  }

  /** One run at a time, whoever asks. */
  const work = (): Promise<void> => (working ??= workThrough().finally(() => (working = undefined)))

  async function workThrough(): Promise<void> {
    for (let jobs = queue.next(BATCH); jobs.length > 0 && !closed; jobs = queue.next(BATCH)) {
      const model = models.pick()
      if (model.name === BUILTIN) return later(LAST_RETRY)
      asking = new AbortController()
      try {
        await takeApart(jobs, asking.signal)
        wait = retry
      } catch (error) {
        return await putOff(jobs, error)
      }
    }
  }

  async function takeApart(jobs: readonly FactJob[], signal: AbortSignal): Promise<void> {
    const statements = jobs.flatMap((job) => memory.get(job.namespace, job.memory_id) ?? [])
    const [namespace = ''] = jobs.map((job) => job.namespace)
    const known = await knownAbout(namespace, statements)
    signal.throwIfAborted()
    const found = await extractFacts(models.pick(), { prompt: prompt(), statements, known }, signal)
    await database.write(() => {
      for (const one of found) keep(namespace, one)
    })
    log.info({ statements: found.length, facts: found.flatMap(({ facts }) => facts).length }, 'facts: kept')
  }

  /** What may be repeated or replaced. */
  async function knownAbout(namespace: string, statements: readonly MemoryEntry[]): Promise<MemoryEntry[]> {
    const text = statements.map((statement) => statement.memory.slice(0, 500)).join('\n')
    const own = new Set(statements.map(({ id }) => id))
    const found = await memory.search({ namespace, text, limit: KNOWN + BATCH })
    return found
      .filter(({ id, until }) => !own.has(id) && until === undefined)
      .flatMap(({ id }) => memory.get(namespace, id) ?? [])
      .slice(0, KNOWN)
  }

  /** The facts take the place of the statement, unless it was forgotten meanwhile. */
  function keep(namespace: string, { statement, done, facts }: Found): void {
    if (!queue.has(statement.id)) return
    queue.done(statement.id)
    const { app_id, source, metadata, created_at } = statement
    const ids = facts.map(
      ({ text, replaces }) =>
        memory.record({
          namespace,
          text,
          app_id,
          source,
          metadata,
          created_at,
          replaces: replaces === undefined ? undefined : [replaces],
        }).id,
    )
    if (done && !ids.includes(statement.id)) memory.retract(namespace, statement.id)
  }

  async function putOff(jobs: readonly FactJob[], error: unknown): Promise<void> {
    if (asking?.signal.aborted) return later(quiet)
    const fault = error instanceof ModelError ? error.fault : undefined
    if (fault === undefined) log.error({ err: error }, 'facts: not taken apart')
    if (fault !== undefined && !NOT_ITS_FAULT.has(fault)) {
      await database.write(() => {
        for (const { memory_id, failures } of jobs) {
          if (failures + 1 < TRIES) queue.failed(memory_id)
          else queue.done(memory_id)
        }
      })
    }
    log.warn({ fault, statements: jobs.length, retry_ms: wait }, 'facts: the statements stay for now')
    later(wait)
    wait = Math.min(wait * 2, LAST_RETRY)
  }

  later(quiet)
  return {
    note(memoryId) {
      if (models.status().kind === 'builtin') return
      queue.put(memoryId)
      later(quiet)
    },
    standBack() {
      asking?.abort()
      later(quiet)
    },
    async settled() {
      await working
      await work()
    },
    async close() {
      closed = true
      clearTimeout(timer)
      asking?.abort()
      await working
    },
  }
}
