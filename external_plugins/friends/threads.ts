import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import Sqlite from 'better-sqlite3'
import { fileNameOf } from '#contract/file-name'

export type Sql = Sqlite.Database

/** One conversation of the Friend: a person and a companion. */
export interface ThreadId {
  readonly user_id: string
  readonly persona: string
}

/** The files of the conversations, one each, opened when needed. */
export interface Threads {
  /** Lends the file of a thread for one synchronous job; it is made when it is not there. */
  use<T>(thread: ThreadId, job: (sql: Sql) => T): T
  has(thread: ThreadId): boolean
  /** The conversations of this person. */
  of(userId: string): ThreadId[]
  /** Takes the file of a thread off the disk. */
  remove(thread: ThreadId): void
  close(): void
}

/** Most files open at once. */
const MAX_OPEN = 16
/** A file that nobody used for so long is closed, in ms. */
const IDLE = 60_000

const SCHEMA = `
  create table if not exists thread (id text primary key) strict;
  create table if not exists turn (
    seq integer primary key autoincrement,
    request_id text not null unique,
    user_text text not null,
    user_at integer not null,
    reply_text text,
    reply_at integer,
    failed text,
    to_remember text
  ) strict;
  create index if not exists turn_to_remember on turn (seq) where to_remember is not null;`

export const keyOf = ({ user_id, persona }: ThreadId): string => JSON.stringify([user_id, persona])

/** Whether a key of `keyOf` is of a conversation of this person. */
export const isOf = (key: string, userId: string): boolean =>
  key.startsWith(`${JSON.stringify([userId]).slice(0, -1)},`)

export function openThreads(folder: string): Threads {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const open = new Map<string, { sql: Sql; usedAt: number }>()

  const pathOf = ({ user_id, persona }: ThreadId): string =>
    join(folder, `${fileNameOf(user_id)}_${fileNameOf(persona)}.db`)

  function fileOf(thread: ThreadId): Sql {
    const key = keyOf(thread)
    const known = open.get(key)
    const sql = known?.sql ?? openThread(pathOf(thread), key)
    open.delete(key)
    open.set(key, { sql, usedAt: Date.now() })
    return sql
  }

  function closeWhere(unused: (file: { usedAt: number }) => boolean): void {
    for (const [key, file] of open) {
      if (!unused(file)) return
      open.delete(key)
      file.sql.close()
    }
  }

  const sweep = setInterval(() => closeWhere(({ usedAt }) => Date.now() - usedAt > IDLE), IDLE)
  sweep.unref()

  return {
    use(thread, job) {
      const sql = fileOf(thread)
      closeWhere(() => open.size > MAX_OPEN)
      return job(sql)
    },
    has: (thread) => existsSync(pathOf(thread)),
    of: (userId) =>
      readdirSync(folder)
        .filter((name) => name.startsWith(`${fileNameOf(userId)}_`) && name.endsWith('.db'))
        .map((name) => threadIn(join(folder, name))),
    remove(thread) {
      open.get(keyOf(thread))?.sql.close()
      open.delete(keyOf(thread))
      for (const end of ['', '-journal']) rmSync(`${pathOf(thread)}${end}`, { force: true })
    },
    close() {
      clearInterval(sweep)
      closeWhere(() => true)
    },
  }
}

function threadIn(file: string): ThreadId {
  const sql = new Sqlite(file)
  const [user_id, persona] = JSON.parse(String(sql.prepare('select id from thread').pluck().get()))
  sql.close()
  return { user_id, persona }
}

/**
 * DELETE and EXTRA: the thread is one file, and a commit is on disk, its directory entry included, when it returns.
 * @throws Error when the file belongs to another thread
 */
function openThread(file: string, key: string): Sql {
  const sql = new Sqlite(file)
  try {
    sql.pragma('journal_mode = DELETE')
    sql.pragma('synchronous = EXTRA')
    sql.pragma('secure_delete = ON')
    sql.pragma('busy_timeout = 5000')
    if (!sql.prepare("select 1 from sqlite_master where name = 'thread'").get()) sql.exec(SCHEMA)
    sql.prepare('insert into thread select ? where not exists (select 1 from thread)').run(key)
    if (sql.prepare('select id from thread').pluck().get() !== key)
      throw new Error(`${file} belongs to another conversation`)
    return sql
  } catch (error) {
    sql.close()
    throw error
  }
}
