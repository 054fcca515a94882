import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Database, openDatabase } from '../database.ts'
import { createLog } from '../log.ts'
import type { Chats, NewTurn } from './chats.ts'
import { chatMigrations } from './schema.ts'
import { createChats } from './sqlite.ts'
import { until } from '../testing/until.ts'

let folder: string
let database: Database
let chats: Chats
let time = Date.parse('2026-05-03T10:00:00Z')

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'homeclaw-chats-'))
  database = openDatabase(join(folder, 'core.db'), chatMigrations)
  chats = createChats({ database, now: () => time++, log: createLog('silent') })
})
afterEach(() => {
  chats.close()
  database.close()
  rmSync(folder, { recursive: true })
})

let ids = 0
const turn = (text: string, fields: Partial<NewTurn> = {}): NewTurn => ({
  id: `turn ${++ids}`,
  user_id: 'alice',
  partner: 'system',
  message_id: `m${ids}`,
  hash: `hash of ${text}`,
  channel: 'webchat',
  sender: 'alice',
  app_id: 'homeclaw',
  session_id: undefined,
  location: undefined,
  replaces: undefined,
  message: { text, files: [], channel: 'webchat' },
  hindrance: undefined,
  ...fields,
})
const reply = (text: string, request_id: string) => ({
  text,
  format: 'plain' as const,
  request_id,
  message_id: 'm',
  partner: 'system',
})

async function exchange(said: string, answered: string, fields: Partial<NewTurn> = {}) {
  const begun = await chats.begin(turn(said, fields))
  await chats.complete(begun.turn, reply(answered, begun.turn.id))
}
const texts = (userId = 'alice', partner = 'system') =>
  chats.history(userId, partner, { limit: 50 }).messages.map(({ text }) => text)

describe('a message id', () => {
  test('again gets the stored reply, and nothing is stored twice', async () => {
    const first = turn('hello')
    const { turn: stored } = await chats.begin(first)
    await chats.complete(stored, reply('hi', stored.id))
    expect(await chats.begin(first)).toEqual({
      state: 'answered',
      turn: stored,
      reply: { ...reply('hi', stored.id), message_id: first.message_id },
    })
    expect(texts()).toEqual(['hello', 'hi'])
  })

  test('with another body is refused', async () => {
    const first = turn('hello')
    await chats.begin(first)
    await expect(chats.begin({ ...first, hash: 'another' })).rejects.toMatchObject({
      code: 'message_changed',
      status: 409,
    })
  })

  test('runs again after a failure, with the message stored once', async () => {
    const first = turn('hello')
    const { turn: stored } = await chats.begin(first)
    await chats.fail(stored, { code: 'model_failed', detail: 'it is down' })
    expect(chats.history('alice', 'system', { limit: 5 }).messages).toMatchObject([
      { text: 'hello', failed: 'it is down' },
    ])
    expect(await chats.begin(first)).toEqual({ state: 'run', turn: stored })
    await chats.complete(stored, reply('hi', stored.id))
    expect(texts()).toEqual(['hello', 'hi'])
    expect(chats.history('alice', 'system', { limit: 5 }).messages[0]).not.toHaveProperty('failed')
  })

  test('that nobody can answer now is stored as failed at once, and runs when it comes again', async () => {
    const first = turn('hello', { hindrance: { code: 'plugin_offline', detail: 'it is away' } })
    expect(await chats.begin(first)).toMatchObject({ state: 'hindered' })
    expect(chats.history('alice', 'system', { limit: 5 }).messages).toMatchObject([
      { text: 'hello', failed: 'it is away' },
    ])
    expect(await chats.begin(first)).toMatchObject({ state: 'hindered' })
    const { turn: stored, state } = await chats.begin({ ...first, hindrance: undefined })
    expect(state).toBe('run')
    await chats.complete(stored, reply('hi', stored.id))
    expect(await chats.begin(first)).toMatchObject({ state: 'answered', reply: { text: 'hi' } })
    expect(texts()).toEqual(['hello', 'hi'])
  })

  test('of a turn that Core was killed in runs again', async () => {
    const first = turn('hello')
    const { turn: stored } = await chats.begin(first)
    await chats.stored(stored)
    expect(await chats.failInterrupted({ code: 'interrupted', detail: 'Core stopped' })).toBe(1)
    expect(chats.history('alice', 'system', { limit: 5 }).messages).toMatchObject([
      { text: 'hello', failed: 'Core stopped' },
    ])
    expect(await chats.begin(first)).toMatchObject({ state: 'run' })
  })
})

describe('versions of an exchange', () => {
  const last = () => chats.history('alice', 'system', { limit: 50 }).messages
  const prompt = () => chats.recent('alice', 'system').map(({ text }) => text)
  const first = () => last()[0]?.turn ?? ''

  test('are all kept, and the newest that was answered counts', async () => {
    await exchange('Where is it?', 'In the shed')
    const begun = await chats.begin(turn('Where is it?', { replaces: first() }))
    expect(prompt()).toEqual(['Where is it?', 'In the shed'])
    await chats.complete(begun.turn, reply('In the attic', begun.turn.id))
    expect(last()).toMatchObject([
      { text: 'Where is it?', aside: true },
      { text: 'In the shed', aside: true },
      { text: 'Where is it?', turn: begun.turn.id, version_of: first() },
      { text: 'In the attic', turn: begun.turn.id, version_of: first() },
    ])
    expect(prompt()).toEqual(['Where is it?', 'In the attic'])
  })

  test('a version of a version belongs to the first, and one that fails changes nothing', async () => {
    await exchange('a', 'A')
    await exchange('b', 'B', { replaces: first() })
    const second = last().at(-1)?.turn ?? ''
    const { turn: third } = await chats.begin(turn('c', { replaces: second }))
    await chats.fail(third, { code: 'model_failed', detail: 'it is down' })
    expect(last().at(-1)).toMatchObject({ text: 'c', failed: 'it is down', version_of: first() })
    await chats.choose(third.id)
    expect(prompt()).toEqual(['b', 'B'])
    expect(chats.versions(third.id)).toHaveLength(3)
  })

  test('an earlier one can be chosen again', async () => {
    await exchange('a', 'A')
    await exchange('b', 'B', { replaces: first() })
    await chats.choose(first())
    expect(prompt()).toEqual(['a', 'A'])
    expect(last().map(({ aside }) => aside)).toEqual([undefined, undefined, true, true])
  })

  test('a turn of another chat, or none, is replaced by nothing', async () => {
    await exchange('a', 'A', { user_id: 'bob' })
    const [foreign] = chats.history('bob', 'system', { limit: 1 }).messages
    await exchange('b', 'B', { replaces: foreign?.turn })
    await exchange('c', 'C', { replaces: 'nothing' })
    expect(last().map(({ version_of }) => version_of)).toEqual([undefined, undefined, undefined, undefined])
    expect(chats.recent('bob', 'system')).toHaveLength(2)
    expect(prompt()).toEqual(['b', 'B', 'c', 'C'])
  })
})

test('an answer is stored in one transaction with what belongs to it', async () => {
  const { turn: stored } = await chats.begin(turn('hello'))
  const together = chats.complete(stored, reply('hi', stored.id), () => {
    throw new Error('the memory could not be stored')
  })
  await expect(together).rejects.toThrow('could not be stored')
  expect(texts()).toEqual([])
  await chats.fail(stored, { code: 'storage_failed', detail: 'no room' })
  expect(texts()).toEqual(['hello'])
})

test('of a chat that a plugin keeps, Core has ids, a hash and a status, and no word (design section 6)', async () => {
  const secret = turn('my secret word', {
    partner: 'friend',
    user_id: 'companion',
    hash: 'h',
    message: undefined,
  })
  const { turn: stored } = await chats.begin(secret)
  await chats.complete(stored, reply('the secret answer', stored.id))
  expect(await chats.begin(secret)).toEqual({ state: 'kept_by_plugin', turn: stored })
  const everything = ['turn', 'message', 'last_channel', 'location', 'message_fts'].map((table) =>
    database.sql.prepare(`select * from ${table}`).all(),
  )
  expect(JSON.stringify(everything)).not.toMatch(/secret/)
})

describe('a turn that goes on', () => {
  test('is on disk by itself, in order with what was said before', async () => {
    await exchange('first', 'one')
    const { turn: stored } = await chats.begin(turn('second'))
    await until(() => expect(texts()).toEqual(['first', 'one', 'second']))
    await chats.complete(stored, reply('two', stored.id))
    expect(texts()).toEqual(['first', 'one', 'second', 'two'])
  })

  test('is stored once when it ends while it is written', async () => {
    const { turn: stored } = await chats.begin(turn('hello'))
    await Promise.all([chats.stored(stored), chats.complete(stored, reply('hi', stored.id))])
    expect(texts()).toEqual(['hello', 'hi'])
    expect(database.sql.prepare('select status from turn').pluck().all()).toEqual(['answered'])
  })

  test('is not lost when it could not be written at first', async () => {
    const { turn: stored } = await chats.begin(turn('hello'))
    database.sql.exec("create trigger full before insert on turn begin select raise(abort, 'full'); end")
    await expect(chats.complete(stored, reply('hi', stored.id))).rejects.toThrow('full')
    database.sql.exec('drop trigger full')
    await chats.fail(stored, { code: 'storage_failed', detail: 'no room' })
    expect(texts()).toEqual(['hello'])
  })
})

describe('history', () => {
  test('pages backwards, oldest first within a page', async () => {
    for (const n of [1, 2, 3]) await exchange(`q${n}`, `a${n}`)
    const last = chats.history('alice', 'system', { limit: 2 })
    expect(last.messages.map(({ text }) => text)).toEqual(['q3', 'a3'])
    expect(last.more).toBe(true)
    const earlier = chats.history('alice', 'system', { limit: 10, before: last.messages[0]?.seq })
    expect(earlier.messages.map(({ text }) => text)).toEqual(['q1', 'a1', 'q2', 'a2'])
    expect(earlier.more).toBe(false)
  })

  test('of nobody is an empty page', () => {
    expect(chats.history('nobody', 'system', { limit: 5 })).toEqual({ messages: [], more: false })
  })

  test('for a prompt has answered exchanges only, and not the turn itself', async () => {
    await exchange('answered', 'yes')
    const failed = await chats.begin(turn('failed'))
    await chats.fail(failed.turn, { code: 'model_failed', detail: 'down' })
    await chats.begin(turn('now'))
    expect(chats.recent('alice', 'system').map(({ text }) => text)).toEqual(['answered', 'yes'])
  })

  test('of one person, partner or mode never shows another (design section 6)', async () => {
    const people = fc.constantFrom('alice', 'Alice', 'bob', 'companion', "alice' or '1'='1", 'alice%')
    const partners = fc.constantFrom('system', 'friend', 'friend ', 'maya')
    let n = 0
    await fc.assert(
      fc.asyncProperty(people, partners, async (user_id, partner) => {
        const text = `canary ${++n} of ${user_id} to ${partner}`
        await exchange(text, text, { user_id, partner })
        const found = [
          ...texts(user_id, partner),
          ...chats.recent(user_id, partner).map((message) => message.text),
        ]
        expect(found.filter((text) => !text.endsWith(` of ${user_id} to ${partner}`))).toEqual([])
        const hits = await chats.search(user_id, 'canary', 100)
        const foreign = hits.filter(({ text }) => !text.includes(` of ${user_id} to `))
        expect(foreign).toEqual([])
      }),
      { numRuns: 100 },
    )
  })
})

describe('full text', () => {
  test('finds what was said a moment ago, and Chinese', async () => {
    await exchange('我的自行车在红色的棚子里', '好的')
    expect(await chats.search('alice', '自行车', 10)).toMatchObject([{ text: '我的自行车在红色的棚子里' }])
    expect(await chats.search('bob', '自行车', 10)).toEqual([])
  })

  test('is brought up to date behind the writers, also without a search', async () => {
    await exchange('The quick brown fox', 'ok')
    await until(() =>
      expect(database.sql.prepare('select count(*) from message_fts_docsize').pluck().get()).toBe(2),
    )
  })

  test('finds words of one person in any form, best first', async () => {
    await exchange('I was running in the park', 'Nice')
    await exchange('Runs in the park are long', 'Yes', { user_id: 'bob' })
    expect(await chats.search('alice', 'run park', 10)).toMatchObject([
      { partner: 'system', role: 'user', text: 'I was running in the park' },
    ])
  })

  test.each(['"', '*', 'NEAR(', 'text:', "' OR 1=1 --", 'a AND', '\0', ''])(
    '%j is not a query language',
    async (query) => {
      await exchange('near and far', 'ok')
      await expect(chats.search('alice', query, 10)).resolves.toBeInstanceOf(Array)
    },
  )
})

describe('where a person was last (seed 002 §4, §7a, §9)', () => {
  test('is kept under default, the user, and app, user and session', async () => {
    await exchange('a', 'b', { session_id: 's1', channel: 'whatsapp', sender: '42@s.whatsapp.net' })
    await exchange('a', 'b', { user_id: 'companion', channel: 'webchat' })
    await exchange('a', 'b', { channel: 'webchat' })
    expect(chats.lastChannel('alice')).toMatchObject({
      channel: 'webchat',
      user_id: 'alice',
      sender: 'alice',
    })
    expect(chats.lastChannel('alice', 'homeclaw:alice:s1')).toMatchObject({
      channel: 'whatsapp',
      session_id: 's1',
      sender: '42@s.whatsapp.net',
    })
    expect(chats.lastChannel('alice', 'channel:whatsapp')).toMatchObject({ sender: '42@s.whatsapp.net' })
    expect(chats.lastChannel('companion')).toMatchObject({ channel: 'webchat' })
    expect(chats.lastChannel('bob')).toBeUndefined()
  })

  test('never leads to somebody else, whatever the key says', async () => {
    await exchange('a', 'b', { session_id: 's1' })
    await exchange('a', 'b', { user_id: 'bob', session_id: 's1', channel: 'telegram' })
    expect(chats.lastChannel('alice')).toMatchObject({ user_id: 'alice', channel: 'webchat' })
    for (const key of ['default', 'bob', 'homeclaw:bob:s1', 'channel:telegram', 'companion', '', 'channel:'])
      expect(chats.lastChannel('alice', key)).toBeUndefined()
    expect(chats.lastChannel('homeclaw:alice:s1')).toBeUndefined()
  })

  test('a location is the person’s own; the uncombined one is everybody’s fallback', async () => {
    expect(chats.location('alice')).toBeUndefined()
    await exchange('a', 'b', { user_id: 'companion', location: 'Paris' })
    expect(chats.location('alice')).toMatchObject({ text: 'Paris' })
    await exchange('a', 'b', { location: 'Berlin' })
    expect(chats.location('alice')).toMatchObject({ text: 'Berlin' })
    expect(chats.location('bob')).toMatchObject({ text: 'Paris' })
  })
})
