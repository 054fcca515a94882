import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Database, openDatabase } from './database.ts'

const run = promisify(execFile)
const migrations = [{ id: 'test-001', sql: 'create table note (text text primary key) strict' }]
let folder: string
let database: Database

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'homeclaw-database-'))
  database = openDatabase(join(folder, 'core.db'), migrations)
})
afterEach(() => {
  database.close()
  rmSync(folder, { recursive: true })
})

const add = (text: string) =>
  database.write((sql) => sql.prepare('insert into note values (?)').run(text).changes)
const notes = () => database.sql.prepare('select text from note order by rowid').pluck().all()

describe('group commit: acknowledged means on disk', () => {
  test('synchronous is FULL after the first write, which is when better-sqlite3 lowers it', async () => {
    await add('a')
    expect(database.sql.pragma('synchronous', { simple: true })).toBe(2)
    expect(database.sql.pragma('journal_mode', { simple: true })).toBe('wal')
  })

  test('waiting writers keep their order', async () => {
    await Promise.all(['a', 'b', 'c'].map(add))
    expect(notes()).toEqual(['a', 'b', 'c'])
  })

  test('a writer that fails undoes only itself, also its first half', async () => {
    const half = database.write((sql) => {
      sql.prepare('insert into note values (?)').run('half')
      throw new Error('no')
    })
    const results = await Promise.allSettled([add('a'), half, add('a'), add('b')])
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected', 'fulfilled'])
    expect(notes()).toEqual(['a', 'b'])
  })

  test('an asynchronous writer is refused', async () => {
    await expect(database.write(async () => 1)).rejects.toThrow('must be synchronous')
  })

  test('a full disk rejects everybody of that commit with storage_failed, and works again afterwards', async () => {
    const pages = database.sql.pragma('page_count', { simple: true }) as number
    database.sql.pragma(`max_page_count = ${pages}`)
    const large = 'x'.repeat(20_000)
    const results = await Promise.allSettled([add('small'), add(large)])
    expect(results.map((result) => (result.status === 'rejected' ? result.reason.code : 'stored'))).toEqual([
      'storage_failed',
      'storage_failed',
    ])
    expect(notes()).toEqual([])
    database.sql.pragma('max_page_count = 1000000')
    await add(large)
    expect(notes()).toEqual([large])
  })

  test('closing commits what waits', async () => {
    const stored = add('late')
    database.close()
    await stored
    database = openDatabase(join(folder, 'core.db'), migrations)
    expect(notes()).toEqual(['late'])
  })

  test('kill -9 right after an acknowledgement loses nothing', async () => {
    const file = join(folder, 'killed.db')
    const script = `
      const { openDatabase } = await import(${JSON.stringify(new URL('./database.ts', import.meta.url).href)})
      const database = openDatabase(${JSON.stringify(file)}, ${JSON.stringify(migrations)})
      const acknowledged = []
      const add = (n) => database.write((sql) => sql.prepare('insert into note values (?)').run(String(n))).then(() => acknowledged.push(n))
      setTimeout(() => { process.stdout.write(JSON.stringify(acknowledged), () => process.kill(process.pid, 'SIGKILL')) }, 150)
      for (let n = 0; ; n += 16) await Promise.all(Array.from({ length: 16 }, (_, i) => add(n + i)))
    `
    const { stdout } = await run(process.execPath, ['--input-type=module', '-e', script]).catch(
      (error) => error,
    )
    const acknowledged: number[] = JSON.parse(stdout)
    expect(acknowledged.length).toBeGreaterThan(0)
    const reopened = openDatabase(file, migrations)
    const stored = new Set(reopened.sql.prepare('select text from note').pluck().all())
    reopened.close()
    expect(acknowledged.filter((n) => !stored.has(String(n)))).toEqual([])
  })
})

test('migrations run once, in order', () => {
  const file = join(folder, 'migrated.db')
  openDatabase(file, migrations).close()
  const next = openDatabase(file, [
    ...migrations,
    { id: 'test-002', sql: `insert into note values ('made by the second step')` },
  ])
  expect(next.sql.prepare('select text from note').pluck().all()).toEqual(['made by the second step'])
  next.close()
})
