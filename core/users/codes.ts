import { hash, randomBytes, scrypt, type ScryptOptions, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'
import type { Database, Migration } from '../database.ts'
import { Problem } from '../errors.ts'

export const passCodeMigration: Migration = {
  id: 'users-2-pass-code',
  sql: `
    create table pass_code (
      user_id text primary key,
      salt blob not null,
      hash blob not null,
      set_at integer not null
    ) strict;
    create table pass_code_try (
      name blob primary key,
      failures integer not null,
      next_at integer not null
    ) strict, without rowid;
  `,
}

/** What scrypt costs: 32 MB and about 70 ms a try (RFC 7914; OWASP's second choice). */
const COST: ScryptOptions = { N: 2 ** 15, r: 8, p: 1, maxmem: 64 * 1024 * 1024 }
const LENGTH = 32
/** So many wrong codes cost no waiting; each further one doubles it. */
const FREE = 5
const LONGEST_WAIT = 5 * 60_000
/** Names that are tried are remembered for a day at least; so many at most, so that trying names fills no disk. */
const FORGOTTEN_AFTER = 24 * 60 * 60_000
const MOST_NAMES = 1_000

const derive = promisify<string, Buffer, number, ScryptOptions, Buffer>(scrypt)

/** The codes with which people log in. Only their scrypt hashes are stored. */
export interface PassCodes {
  /** Durable when it resolves. */
  set(userId: string, code: string): Promise<void>
  /** False when there was none. */
  remove(userId: string): Promise<boolean>
  has(userId: string): boolean
  /**
   * Takes as long, and is slowed down as much, when there is no such user. A try counts before the code is looked at,
   * also when Core dies in between.
   * @param name what was typed
   * @param userId who is meant by it
   * @throws Problem `too_many_tries`
   */
  check(name: string, userId: string | undefined, code: string): Promise<boolean>
}

interface Row {
  readonly salt: Buffer
  readonly hash: Buffer
}

export function createPassCodes({ database, now }: { database: Database; now: () => number }): PassCodes {
  const { sql } = database
  const insert = sql.prepare('insert or replace into pass_code values (?, ?, ?, ?)')
  const remove = sql.prepare('delete from pass_code where user_id = ?')
  const find = sql.prepare<[string], Row>('select salt, hash from pass_code where user_id = ?')
  const tries = createTries(database, now)
  const nobody: Row = { salt: randomBytes(16), hash: randomBytes(LENGTH) }

  return {
    async set(userId, code) {
      const salt = randomBytes(16)
      const key = await derive(code, salt, LENGTH, COST)
      await database.write(() => insert.run(userId, salt, key, now()))
    },
    remove: (userId) => database.write(() => remove.run(userId).changes === 1),
    has: (userId) => find.get(userId) !== undefined,
    async check(name, userId, code) {
      await tries.count(name)
      const known = userId === undefined ? undefined : find.get(userId)
      const row = known ?? nobody
      const isRight = timingSafeEqual(await derive(code, row.salt, LENGTH, COST), row.hash)
      if (!isRight || !known) return false
      await tries.forget(name)
      return true
    },
  }
}

const tooManyTries = (seconds: number): Problem =>
  new Problem('too_many_tries', [String(seconds)], { retryAfter: seconds })

const key = (name: string): Buffer => hash('sha256', name, 'buffer')

/** How often which name was tried with a wrong code. */
function createTries({ sql, write }: Database, now: () => number) {
  const find = sql.prepare<[Buffer], { failures: number; next_at: number }>(
    'select failures, next_at from pass_code_try where name = ?',
  )
  const keep = sql.prepare('insert or replace into pass_code_try values (?, ?, ?)')
  const remove = sql.prepare('delete from pass_code_try where name = ?')
  const prune = sql.prepare(
    `delete from pass_code_try where next_at < ? or name in
       (select name from pass_code_try order by next_at desc limit -1 offset ${MOST_NAMES})`,
  )
  return {
    /** @throws Problem `too_many_tries` */
    count: (name: string): Promise<void> =>
      write(() => {
        const at = now()
        const { failures, next_at } = find.get(key(name)) ?? { failures: 0, next_at: 0 }
        if (next_at > at) throw tooManyTries(Math.ceil((next_at - at) / 1000))
        const wait = failures < FREE ? 0 : Math.min(1_000 * 2 ** (failures - FREE), LONGEST_WAIT)
        prune.run(at - FORGOTTEN_AFTER)
        keep.run(key(name), failures + 1, at + wait)
      }),
    forget: (name: string): Promise<unknown> => write(() => remove.run(key(name))),
  }
}
