import type { Migration, Sql } from '../database.ts'

export const factMigrations: readonly Migration[] = [
  {
    id: 'facts-001',
    sql: `
      create table fact_job (
        number integer primary key,
        memory_id text not null unique references memory (id) on delete cascade,
        failures integer not null default 0
      ) strict;`,
  },
]

/** A statement that waits to be taken apart. */
export interface FactJob {
  readonly memory_id: string
  readonly namespace: string
  readonly failures: number
}

/** Statements that wait. Whoever forgets a statement takes it out of here, too. What writes belongs inside `Database.write`. */
export interface FactQueue {
  /** Only what was said in a turn: what a tool keeps is a fact already. */
  put(memoryId: string): void
  /** Some of one namespace, oldest first; one that failed before comes last and alone. */
  next(most: number): FactJob[]
  has(memoryId: string): boolean
  done(memoryId: string): void
  failed(memoryId: string): void
}

export function createFactQueue(sql: Sql): FactQueue {
  const columns = `fact_job.memory_id, fact_job.failures, namespace.name as namespace
    from fact_job join memory on memory.id = fact_job.memory_id join namespace on namespace.id = memory.namespace_id`
  const insert = sql.prepare<[string]>(
    `insert or ignore into fact_job (memory_id) select id from memory where id = ? and source_kind = 'turn'`,
  )
  const first = sql.prepare<[], FactJob>(
    `select ${columns} order by fact_job.failures, fact_job.number limit 1`,
  )
  const alike = sql.prepare<[string, number], FactJob>(
    `select ${columns} where fact_job.failures = 0 and namespace.name = ? order by fact_job.number limit ?`,
  )
  const exists = sql.prepare<[string], number>('select 1 from fact_job where memory_id = ?').pluck()
  const remove = sql.prepare<[string]>('delete from fact_job where memory_id = ?')
  const count = sql.prepare<[string]>('update fact_job set failures = failures + 1 where memory_id = ?')

  return {
    put: (memoryId) => void insert.run(memoryId),
    next(most) {
      const job = first.get()
      if (!job || job.failures > 0) return job ? [job] : []
      return alike.all(job.namespace, most)
    },
    has: (memoryId) => exists.get(memoryId) === 1,
    done: (memoryId) => void remove.run(memoryId),
    failed: (memoryId) => void count.run(memoryId),
  }
}
