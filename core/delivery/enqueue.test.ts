import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Chats } from '../chats/chats.ts'
import { chatMigrations } from '../chats/schema.ts'
import { createChats } from '../chats/sqlite.ts'
import { type Database, openDatabase } from '../database.ts'
import { createLog } from '../log.ts'
import type { NewDelivery, Outbox } from './delivery.ts'
import { createEnqueue } from './enqueue.ts'
import { deliveryMigrations } from './schema.ts'

let folder: string
let database: Database
let chats: Chats
let enqueue: Outbox['enqueue']
let woken = 0

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'homeclaw-outbox-'))
  database = openDatabase(join(folder, 'core.db'), [...chatMigrations, ...deliveryMigrations])
  chats = createChats({ database, now: Date.now, log: createLog('silent') })
  enqueue = createEnqueue({ sql: database.sql, chats, now: Date.now, wake: () => woken++ })
})

afterEach(() => {
  chats.close()
  database.close()
  rmSync(folder, { recursive: true })
})

const reminder = (fields: Partial<NewDelivery> = {}): NewDelivery => ({
  user_id: 'alice',
  partner: 'system',
  text: 'Call the dentist',
  reason: 'reminder you set on Monday',
  source: { kind: 'job', id: 'job1' },
  ...fields,
})
const put = (message: NewDelivery) => database.write(() => enqueue(message))
const said = (user: string, partner: string) => chats.history(user, partner, { limit: 10 }).messages
const rows = () => database.sql.prepare('select id, user_id, text from delivery order by seq').all()

test('a message is stored in its chat, with why it came', async () => {
  const id = await put(reminder({ late: true }))
  expect(said('alice', 'system')).toMatchObject([
    { id, role: 'assistant', text: 'Call the dentist', reason: 'reminder you set on Monday', late: true },
  ])
  expect(chats.recent('alice', 'system')).toMatchObject([{ role: 'assistant', text: 'Call the dentist' }])
  expect(said('companion', 'system')).toEqual([])
})

test('what was said in the meantime is in the next prompt', async () => {
  expect(chats.recent('alice', 'system')).toEqual([])
  await put(reminder())
  expect(chats.recent('alice', 'system')).toHaveLength(1)
})

test('of a chat that a plugin keeps, only the outbox has the words', async () => {
  await put(reminder({ user_id: 'companion', partner: 'friend', source: { kind: 'plugin', id: 'friends' } }))
  expect(said('companion', 'friend')).toEqual([])
  expect(rows()).toMatchObject([{ text: 'Call the dentist' }])
  expect(database.sql.prepare('select count(*) from message').pluck().get()).toBe(0)
})

test('the same key from the same source is the same message', async () => {
  const once = reminder({ dedupe_key: 'slot 1' })
  const id = await put(once)
  expect(await put(once)).toBe(id)
  expect(await put(reminder({ dedupe_key: 'slot 2' }))).not.toBe(id)
  expect(await put({ ...once, user_id: 'bob' })).not.toBe(id)
  expect(await put({ ...once, source: { kind: 'job', id: 'job2' } })).not.toBe(id)
  expect(said('alice', 'system')).toHaveLength(3)
})

test('nothing is stored, and nobody is woken for it, when its cause is undone', async () => {
  const undone = database.write(() => {
    enqueue(reminder())
    throw new Error('the job could not be marked')
  })
  await expect(undone).rejects.toThrow('could not be marked')
  expect(rows()).toEqual([])
  expect(said('alice', 'system')).toEqual([])
})

test('the sender is woken after the commit', async () => {
  const before = woken
  await put(reminder())
  expect(woken).toBe(before + 1)
})
