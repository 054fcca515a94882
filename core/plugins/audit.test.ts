import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Database, openDatabase } from '../database.ts'
import { createLog } from '../log.ts'
import { type Audit, createAudit, type Deed } from './audit.ts'
import { pluginMigrations } from './create.ts'

let database: Database
let at: number
let audit: Audit
beforeEach(() => {
  database = openDatabase(':memory:', pluginMigrations)
  at = Date.UTC(2026, 10, 20, 12)
  audit = createAudit({ database, now: () => at, log: createLog('silent') })
})
afterEach(async () => {
  await audit.close()
  database.close()
})

const deed = (more: Partial<Deed> = {}): Deed => ({
  plugin_id: 'a',
  action: 'POST /api/plugins/memory/add',
  about: 'alice',
  outcome: 'done',
  detail: undefined,
  ...more,
})

test('equal deeds of a minute are one entry, also when they are written apart', async () => {
  audit.record(deed())
  audit.record(deed())
  await audit.of('a', 10)
  audit.record(deed())
  audit.record(deed({ about: 'bert' }))
  at += 60_000
  audit.record(deed())
  expect((await audit.of('a', 10)).map(({ about, count }) => [about, count])).toEqual([
    ['alice', 1],
    ['bert', 1],
    ['alice', 3],
  ])
})

test('the newest 1,000 of each plugin are kept, whatever another one does', async () => {
  audit.record(deed({ plugin_id: 'quiet' }))
  for (let i = 0; i < 2_500; i++) {
    at += 1
    audit.record(deed({ about: `user ${i}` }))
  }
  const kept = await audit.of('a', 5_000)
  expect(kept).toHaveLength(1_000)
  expect(kept[0]?.about).toBe('user 2499')
  expect(await audit.of('quiet', 10)).toHaveLength(1)
})

test('a text that is too long is cut', async () => {
  audit.record(deed({ about: 'x'.repeat(10_000), action: 'y'.repeat(10_000), detail: 'z'.repeat(10_000) }))
  expect(JSON.stringify(await audit.of('a', 1)).length).toBeLessThan(1_200)
})
