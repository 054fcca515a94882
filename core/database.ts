import Sqlite from 'better-sqlite3'
import { problemFrom } from './errors.ts'

export type Sql = Sqlite.Database

/** A step that brings a database from one shape to the next. Never edited once released; only added to. */
export interface Migration {
  readonly id: string
  readonly sql: string
}

/** The one SQLite file of Core. Reads go straight to `sql`; writes go through `write`. */
export interface Database {
  readonly sql: Sql
  /**
   * Runs `job` in the next group commit and resolves after that commit is on disk.
   * A job that throws undoes only itself. Jobs are synchronous and run in the order of the calls.
   * @throws Problem `storage_failed` when the commit itself failed (full disk, I/O): then nothing of it is stored.
   */
  write<T>(job: (sql: Sql) => T): Promise<T>
  /**
   * Empties the write-ahead log, which still holds what was changed or deleted. False while somebody else reads the
   * file: then the next time does it.
   */
  emptyLog(): boolean
  /** Commits what waits, then closes. */
  close(): void
}

/** Most writers in one commit: bounds how long the event loop stands still for it. */
const MAX_BATCH = 512

/** Turns of the event loop that a commit waits at most while more writers come. */
const MAX_ROUNDS = 8
/** Pages of 4 kB that gather before they go from the log into the database: pages that many turns touch go once. */
const CHECKPOINT_PAGES = 4_000

interface Waiting {
  run(): () => void
  fail(error: unknown): void
}

/** Opens or makes the database, brings it up to date, and asserts that a commit means "on disk". */
export function openDatabase(file: string, migrations: readonly Migration[]): Database {
  const sql = new Sqlite(file)
  sql.pragma('journal_mode = WAL')
  sql.pragma('synchronous = FULL')
  sql.pragma('foreign_keys = ON')
  sql.pragma('secure_delete = ON')
  sql.pragma(`wal_autocheckpoint = ${CHECKPOINT_PAGES}`)
  sql.pragma('busy_timeout = 5000')
  migrate(sql, migrations)
  assertDurable(sql)

  const [begin, commit, rollback, save, release, undo] = [
    'BEGIN IMMEDIATE',
    'COMMIT',
    'ROLLBACK',
    'SAVEPOINT writer',
    'RELEASE writer',
    'ROLLBACK TO writer',
  ].map((text) => sql.prepare(text)) as [
    Sqlite.Statement,
    Sqlite.Statement,
    Sqlite.Statement,
    Sqlite.Statement,
    Sqlite.Statement,
    Sqlite.Statement,
  ]

  let waiting: Waiting[] = []
  let scheduled = false

  function commitWaiting(): void {
    scheduled = false
    const batch = waiting.slice(0, MAX_BATCH)
    waiting = waiting.slice(MAX_BATCH)
    if (waiting.length > 0) schedule()
    try {
      begin.run()
      const settle = batch.map((writer) => writer.run())
      commit.run()
      for (const done of settle) done()
    } catch (cause) {
      if (sql.inTransaction) rollback.run()
      const error = problemFrom(cause, 'storage_failed', String((cause as Error).message))
      for (const writer of batch) writer.fail(error)
    }
  }

  function schedule(): void {
    if (scheduled) return
    scheduled = true
    setImmediate(gather, waiting.length, MAX_ROUNDS)
  }

  /** Commits as soon as a turn of the event loop has brought nobody new: who writes alone never waits. */
  function gather(before: number, rounds: number): void {
    const more = waiting.length > before && waiting.length < MAX_BATCH && rounds > 0
    if (more) setImmediate(gather, waiting.length, rounds - 1)
    else commitWaiting()
  }

  return {
    sql,
    write: (job) =>
      new Promise((resolve, reject) => {
        waiting.push({
          run() {
            save.run()
            try {
              const value = job(sql)
              if (value instanceof Promise) throw new TypeError('a writer must be synchronous')
              release.run()
              return () => resolve(value)
            } catch (error) {
              if (!sql.inTransaction) throw error
              undo.run()
              release.run()
              return () => reject(error)
            }
          },
          fail: reject,
        })
        schedule()
      }),
    emptyLog: () => sql.pragma('wal_checkpoint(TRUNCATE)', { simple: true }) === 0,
    close() {
      while (waiting.length > 0) commitWaiting()
      sql.close()
    },
  }
}

function migrate(sql: Sql, migrations: readonly Migration[]): void {
  sql.exec('create table if not exists migration (id text primary key, at text not null) strict')
  const known = new Set(sql.prepare('select id from migration').pluck().all())
  const apply = sql.transaction((step: Migration) => {
    sql.exec(step.sql)
    sql.prepare('insert into migration values (?, ?)').run(step.id, new Date().toISOString())
  })
  for (const step of migrations) if (!known.has(step.id)) apply.immediate(step)
}

/** better-sqlite3 falls back to NORMAL in WAL mode with the first write, so write first and ask then. */
function assertDurable(sql: Sql): void {
  sql.exec(
    'create table if not exists durable (x integer) strict; insert into durable values (1); delete from durable',
  )
  if (sql.pragma('synchronous', { simple: true }) !== 2) sql.pragma('synchronous = FULL')
  if (sql.pragma('synchronous', { simple: true }) !== 2)
    throw new Error('SQLite does not keep synchronous=FULL')
}
