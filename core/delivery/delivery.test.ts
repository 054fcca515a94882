import Sqlite from 'better-sqlite3'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type App, createApp } from '../testing/app.ts'
import { startBridge, type TestBridge } from '../testing/bridge.ts'
import { type RunningCore, startCore } from '../testing/core.ts'
import { until } from '../testing/until.ts'

const coreYml = `
model: none
companions:
  - { id: friend, plugin_id: friends, session_id_value: friend, keyword: Veda }
plugins:
  friends: { start: false }
`
const userYml = `
users:
  - { id: alice, name: Alice, im: ['whatsapp:42'] }
  - { id: bob, name: Bob, im: ['whatsapp:43', 'sms:43'] }
`

let core: RunningCore
let whatsapp: TestBridge
const apps: App[] = []
let n = 0

beforeAll(async () => {
  core = await startCore({ coreYml, userYml })
})
afterAll(() => core.stop())
beforeEach(async () => {
  whatsapp = await startBridge('whatsapp')
})
afterEach(async () => {
  for (const app of apps.splice(0)) app.drop()
  await core.send('DELETE', '/api/channels/whatsapp')
  await whatsapp.close()
  for (const user of ['alice', 'bob', 'companion']) await readInbox(user)
})

async function app(user: string, options?: { acknowledges: boolean }): Promise<App> {
  const made = createApp(user, options)
  apps.push(made)
  await made.connect(core)
  return made
}

/** Says it to this person, as System or as the friend. */
async function deliver(user_id: string, text: string, fields: object = {}): Promise<string> {
  const message = { user_id, companion: 'system', text, dedupe_key: `key ${++n}`, ...fields }
  const { status, body } = await core.post('/api/plugins/deliver', message)
  expect(body).toMatchObject({ ok: true })
  expect(status).toBe(200)
  return body.id
}

const write = (user_id: string, channel_name: string, fields: object = {}) =>
  core.inbound({ user_id, channel_name, text: `hello ${++n}`, ...fields })
const inboxOf = async (user: string) => (await core.get(`/api/inbox?user_id=${user}&limit=500`)).body
async function readInbox(user: string): Promise<void> {
  const ids = (await inboxOf(user)).messages.map(({ id }: { id: string }) => id)
  if (ids.length > 0) await core.post('/api/inbox/ack', { ids })
}
/** All that is in Core's database, beside the running Core. */
function everythingStored(): string {
  const sql = new Sqlite(`${core.home}/database/core.db`, { readonly: true })
  const tables = sql.prepare(`select name from sqlite_master where type = 'table'`).pluck().all()
  const rows = tables.map((table) => sql.prepare(`select * from "${table}"`).all())
  sql.close()
  return JSON.stringify(rows)
}
const texts = (messages: readonly { text: string }[]) => messages.map(({ text }) => text)
const stateOf = async (id: string) =>
  (await core.get('/api/deliveries?limit=1000')).body.deliveries.find(
    (entry: { id: string }) => entry.id === id,
  )

describe('connected clients', () => {
  test('all of a person get it, nobody else does, and one acknowledgement is enough', async () => {
    const [phone, desktop, bob] = [await app('alice'), await app('alice'), await app('bob')]
    const id = await deliver('alice', 'the oven')
    await until(() => expect([texts(phone.seen), texts(desktop.seen)]).toEqual([['the oven'], ['the oven']]))
    expect(phone.seen[0]).toMatchObject({ id, user_id: 'alice', partner: 'system', from_friend: 'System' })
    await until(async () => expect(await inboxOf('alice')).toEqual({ messages: [], unread: 0 }))
    expect(bob.seen).toEqual([])
  })

  test('that come back get what they missed, once and in order', async () => {
    for (const text of ['one', 'two', 'three']) await deliver('alice', text)
    const phone = await app('alice')
    await until(() => expect(texts(phone.seen)).toEqual(['one', 'two', 'three']))
    phone.drop()
    await deliver('alice', 'four')
    await phone.connect(core)
    await until(() => expect(texts(phone.seen)).toEqual(['one', 'two', 'three', 'four']))
    expect(phone.again).toBe(0)
  })

  test('that never acknowledge get it again with the next connection, under the same id', async () => {
    const phone = await app('alice', { acknowledges: false })
    await deliver('alice', 'unread')
    await until(() => expect(texts(phone.seen)).toEqual(['unread']))
    phone.drop()
    await phone.connect(core)
    await until(() => expect(phone.again).toBe(1))
    expect(texts(phone.seen)).toEqual(['unread'])
    expect((await inboxOf('alice')).unread).toBe(1)
  })

  test('get a long backlog piece by piece, in order', async () => {
    const all = Array.from({ length: 250 }, (_, at) => `message ${at}`)
    await Promise.all(all.map((text) => deliver('alice', text)))
    const stored = texts((await inboxOf('alice')).messages)
    const phone = await app('alice')
    await until(() => expect(phone.seen).toHaveLength(250))
    expect(texts(phone.seen)).toEqual(stored)
    expect(phone.again).toBe(0)
  })

  test('learn what another client of the person acknowledged, when they say what they have', async () => {
    const [phone, desktop] = [await app('alice'), await app('alice')]
    const first = await deliver('alice', 'both have it')
    await until(() => expect(phone.seen).toHaveLength(1))
    phone.drop()
    await deliver('alice', 'only the desktop has it')
    await until(() => expect(desktop.seen).toHaveLength(2))
    await until(async () => expect((await inboxOf('alice')).unread).toBe(0))
    await phone.connect(core, { after: first })
    await until(() => expect(texts(phone.seen)).toEqual(['both have it', 'only the desktop has it']))
  })

  test('that cannot open a socket follow GET /api/events', async () => {
    const stop = new AbortController()
    const headers = { 'X-API-Key': core.key }
    const events = await fetch(`${core.url}/api/events?user_id=alice`, { headers, signal: stop.signal })
    const reader = events.body!.pipeThrough(new TextDecoderStream()).getReader()
    const id = await deliver('alice', 'by event')
    let heard = ''
    while (!heard.includes('by event')) heard += (await reader.read()).value
    expect(heard).toContain(`event: push\n`)
    expect(heard).toContain(`id: ${id}\n`)
    stop.abort()
  })
})

describe('a bridge', () => {
  test('gets what is for the person who was last on its channel, signed, under their name there', async () => {
    await whatsapp.register(core)
    await write('42', 'whatsapp')
    const id = await deliver('alice', 'the oven', { reason: 'you asked on Monday' })
    await until(() => expect(whatsapp.seen()).toEqual([id]))
    expect(whatsapp.received).toMatchObject([
      {
        type: 'message',
        id,
        channel: 'whatsapp',
        to: '42',
        user_id: 'alice',
        text: 'the oven',
        reason: 'you asked on Monday',
      },
    ])
    await until(async () =>
      expect(await stateOf(id)).toMatchObject({ state: 'acknowledged', via: 'whatsapp' }),
    )
  })

  test('never gets what is for somebody else, who was not there last', async () => {
    await whatsapp.register(core)
    await write('bob', 'webchat')
    await write('42', 'whatsapp')
    await deliver('bob', 'for Bob alone')
    await deliver('companion', 'for the uncombined app')
    await until(async () => expect((await inboxOf('bob')).unread).toBe(1))
    expect(texts((await inboxOf('companion')).messages)).toEqual(['for the uncombined app'])
    expect(whatsapp.received).toEqual([])
  })

  test('that fails is tried again, in order, under the same id', async () => {
    await whatsapp.register(core)
    await write('42', 'whatsapp')
    whatsapp.upNext(500, 503)
    const first = await deliver('alice', 'first')
    const second = await deliver('alice', 'second')
    await until(() => expect(whatsapp.seen()).toEqual([first, second]))
    expect(whatsapp.received.map(({ id }) => id)).toEqual([first, first, first, second])
  })

  test('that is slow for one chat holds up no other', async () => {
    await whatsapp.register(core)
    await write('42', 'whatsapp')
    await write('43', 'whatsapp')
    whatsapp.upNext(() => {})
    await deliver('alice', 'this one hangs')
    await until(() => expect(whatsapp.received).toHaveLength(1))
    const id = await deliver('bob', 'this one does not')
    await until(() => expect(whatsapp.seen()).toEqual([id]))
  })

  test('that refuses leaves the message to the inbox, with the reason in the ledger', async () => {
    await whatsapp.register(core)
    await write('42', 'whatsapp')
    whatsapp.upNext(422)
    const id = await deliver('alice', 'refused')
    await until(async () =>
      expect(await stateOf(id)).toMatchObject({ state: 'dead', problem: expect.stringContaining('422') }),
    )
    expect(texts((await inboxOf('alice')).messages)).toEqual(['refused'])
  })

  test('that cannot tell a repetition gets nothing twice: what is not known is said', async () => {
    await whatsapp.register(core, { idempotent: false })
    await write('42', 'whatsapp')
    whatsapp.upNext((response) => response.destroy())
    const id = await deliver('alice', 'perhaps')
    const next = await deliver('alice', 'surely')
    await until(() => expect(whatsapp.seen()).toEqual([next]))
    expect(await stateOf(id)).toMatchObject({ state: 'unknown', repeated: true })
    expect((await inboxOf('alice')).messages).toMatchObject([{ id, repeated: true }])
    expect(whatsapp.received.filter((message) => message.id === id)).toHaveLength(1)
    const { token } = (await core.post('/api/tokens', { kind: 'user', for: 'bob' })).body
    const byBob = { method: 'POST', headers: { authorization: `Bearer ${token}` }, body: '{}' }
    expect((await fetch(`${core.url}/api/deliveries/${id}/resend`, byBob)).status).toBe(404)
    expect((await core.post(`/api/deliveries/${id}/resend`, {})).status).toBe(200)
    await until(() => expect(whatsapp.seen()).toEqual([next, id]))
  })

  test('that is not there leaves it waiting; once it is back it gets it', async () => {
    await write('42', 'whatsapp')
    const id = await deliver('alice', 'waiting')
    await until(async () => expect((await inboxOf('alice')).unread).toBe(1))
    await whatsapp.register(core)
    await until(() => expect(whatsapp.seen()).toEqual([id]))
    expect((await inboxOf('alice')).unread).toBe(0)
  })

  test('gets nothing while the person has an app open', async () => {
    await whatsapp.register(core)
    await write('42', 'whatsapp')
    const phone = await app('alice')
    const id = await deliver('alice', 'in the app')
    await until(async () =>
      expect(await stateOf(id)).toMatchObject({ state: 'acknowledged', via: 'clients' }),
    )
    expect(phone.seen).toHaveLength(1)
    expect(whatsapp.received).toEqual([])
  })

  test.each([
    'http://10.0.0.1/x',
    'https://example.com/',
    'http://127.0.0.1.example.com/',
    'file:///etc/passwd',
    'x',
  ])('is on this machine, not at %s', async (callback_url) => {
    expect(await core.post('/api/channels/whatsapp', { callback_url })).toMatchObject({ status: 403 })
  })
})

describe('POST /api/plugins/deliver', () => {
  test('with the same key again adds nothing', async () => {
    const id = await deliver('alice', 'once', { dedupe_key: 'the same' })
    expect(await deliver('alice', 'once', { dedupe_key: 'the same' })).toBe(id)
    expect((await inboxOf('alice')).unread).toBe(1)
  })

  test('stores a combined companion’s words in the chat with the person', async () => {
    await deliver('alice', 'thinking of you', { companion: 'friend', reason: 'you were away' })
    const { messages } = (await core.get('/api/chats/friend/messages?user_id=alice')).body
    expect(messages.at(-1)).toMatchObject({
      role: 'assistant',
      text: 'thinking of you',
      reason: 'you were away',
    })
  })

  test('of an uncombined companion, keeps the words only until they are acknowledged', async () => {
    await deliver('companion', 'only with you', { companion: 'friend' })
    expect(texts((await inboxOf('companion')).messages)).toEqual(['only with you'])
    await readInbox('companion')
    expect(everythingStored()).not.toContain('only with you')
  })

  test.each([
    [{ user_id: 'nobody' }, 404],
    [{ companion: 'stranger' }, 404],
    [{ text: ' ' }, 422],
  ])('refuses %j', async (fields, status) => {
    const message = { user_id: 'alice', companion: 'friend', text: 'x', ...fields }
    expect((await core.post('/api/plugins/deliver', message)).status).toBe(status)
  })
})

test('of a chat that is deleted, the outbox has no word, and nothing of it comes any more', async () => {
  await deliver('bob', 'a word of Bob', { reason: 'a reason of Bob' })
  expect((await core.send('DELETE', '/api/chats/system?user_id=bob')).status).toBe(200)
  expect(await inboxOf('bob')).toEqual({ messages: [], unread: 0 })
  expect(everythingStored()).not.toContain('of Bob')
})

test('the inbox is paged by id', async () => {
  for (const text of ['a', 'b', 'c']) await deliver('bob', text)
  const first = (await core.get('/api/inbox?user_id=bob&limit=2')).body
  expect(texts(first.messages)).toEqual(['a', 'b'])
  expect(first.unread).toBe(3)
  const rest = (await core.get(`/api/inbox?user_id=bob&limit=2&after=${first.messages[1].id}`)).body
  expect(texts(rest.messages)).toEqual(['c'])
})
