import type { MemoryEntry } from '#contract'
import type { Database } from '../database.ts'
import type { Log } from '../log.ts'
import type { Memory } from '../memory/memory.ts'
import type { Model } from '../model/model.ts'
import { extractFacts, type Found } from './extract.ts'
import type { FactJob, FactQueue } from './queue.ts'

/** Known memories that the model sees. */
const KNOWN = 12
/** Most letters of one statement that known memories are looked for with. */
const LOOKED_FOR = 500

/** Takes some statements of one namespace apart and lets their facts take their place, in one transaction. */
export function createTakingApart({
  database,
  memory,
  queue,
  prompt,
  log,
}: {
  database: Database
  memory: Memory
  queue: FactQueue
  prompt: () => string
  log: Log
}): (jobs: readonly FactJob[], model: Model, signal: AbortSignal) => Promise<void> {
  /** What may be repeated or replaced: what is near, and for the rest of the places what was learnt last. */
  async function knownAbout(namespace: string, statements: readonly MemoryEntry[]): Promise<MemoryEntry[]> {
    const text = statements.map((statement) => statement.memory.slice(0, LOOKED_FOR)).join('\n')
    const limit = KNOWN + statements.length
    const near = await memory.search({ namespace, text, limit })
    const { memories: latest } = memory.list(namespace, { selection: {}, limit })
    const ids = new Set([...near, ...latest].map(({ id }) => id))
    for (const { id } of statements) ids.delete(id)
    return [...ids]
      .flatMap((id) => memory.get(namespace, id) ?? [])
      .filter(({ until }) => until === undefined)
      .slice(0, KNOWN)
  }

  /** Nothing of a statement that was forgotten meanwhile is kept. */
  function keep(namespace: string, { statement, done, facts }: Found): void {
    if (!queue.has(statement.id)) return
    queue.done(statement.id)
    const { app_id, source, metadata, created_at } = statement
    const ids = facts.map(({ text, replaces }) => {
      const replaced = replaces === undefined ? undefined : [replaces]
      return memory.record({ namespace, text, app_id, source, metadata, created_at, replaces: replaced }).id
    })
    if (done && !ids.includes(statement.id)) memory.retract(namespace, statement.id)
  }

  return async (jobs, model, signal) => {
    const [namespace = ''] = jobs.map((job) => job.namespace)
    const all = jobs.flatMap((job) => memory.get(namespace, job.memory_id) ?? [])
    const statements = all.filter(isUntouched)
    await database.write(() => {
      for (const { id } of all) if (!statements.some((one) => one.id === id)) queue.done(id)
    })
    if (statements.length === 0) return
    const known = await knownAbout(namespace, statements)
    signal.throwIfAborted()
    const found = await extractFacts(model, { prompt: prompt(), statements, known }, signal)
    await database.write(() => {
      for (const one of found) keep(namespace, one)
    })
    log.info({ statements: found.length, facts: found.flatMap(({ facts }) => facts).length }, 'facts: kept')
  }
}

/** What a person has corrected or superseded stays as they left it. */
const isUntouched = ({ history, until }: MemoryEntry): boolean => history.length === 0 && until === undefined
