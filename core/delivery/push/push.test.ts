import { createPublicKey, verify } from 'node:crypto'
import { statSync } from 'node:fs'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { type App, createApp } from '../../testing/app.ts'
import { startBridge } from '../../testing/bridge.ts'
import { type RunningCore, startCore } from '../../testing/core.ts'
import {
  type Pushed,
  startPushService,
  type TestDevice,
  type TestPushService,
} from '../../testing/push-service.ts'
import { until } from '../../testing/until.ts'

const coreYml = `
model: none
plugin_hosts: ['127.0.0.1']
companions:
  - { id: friend, plugin_id: friends, session_id_value: friend, keyword: Veda }
plugins:
  friends: { start: false }
`
const userYml = `
users:
  - { id: alice, name: Alice, im: ['whatsapp:42'] }
  - { id: bob, name: Bob }
`

let core: RunningCore
let service: TestPushService
const apps: App[] = []
const subscribed: { user_id: string; endpoint: string }[] = []
let n = 0

beforeAll(async () => {
  service = await startPushService()
  core = await startCore({ coreYml, userYml })
})
afterAll(async () => {
  await core.stop()
  await service.close()
})
afterEach(async () => {
  for (const app of apps.splice(0)) app.drop()
  for (const device of subscribed.splice(0)) await core.send('DELETE', '/api/push/subscriptions', device)
  for (const user of ['alice', 'bob']) await acknowledgeAll(user)
})

const subscribe = (user_id: string, { subscription }: TestDevice) =>
  core.post('/api/push/subscriptions', { user_id, ...subscription })
async function deviceOf(user_id: string): Promise<TestDevice> {
  const device = service.device()
  expect((await subscribe(user_id, device)).status).toBe(200)
  subscribed.push({ user_id, endpoint: device.subscription.endpoint })
  return device
}
async function deliver(user_id: string, text: string, companion = 'system'): Promise<string> {
  const message = { user_id, companion, text, dedupe_key: `key ${++n}` }
  return (await core.post('/api/plugins/deliver', message)).body.id
}
const inboxOf = async (user: string) => (await core.get(`/api/inbox?user_id=${user}&limit=500`)).body
async function acknowledgeAll(user: string): Promise<void> {
  const ids = (await inboxOf(user)).messages.map(({ id }: { id: string }) => id)
  if (ids.length > 0) await core.post('/api/inbox/ack', { ids })
}
const texts = ({ received }: TestDevice) => received.map(({ note }) => note.text)
/** What was sent later than this has come, so what was sent before it and has not come never will. */
async function untilAllCame(): Promise<void> {
  const last = await deviceOf('bob')
  await deliver('bob', 'the last')
  await until(() => expect(texts(last)).toContain('the last'))
}

describe('a person whom nobody reaches', () => {
  test('is told on every device, once, and only they; the message stays in the inbox', async () => {
    const [phone, tablet, bob] = [await deviceOf('alice'), await deviceOf('alice'), await deviceOf('bob')]
    const first = await deliver('alice', 'the oven')
    await until(() => expect([texts(phone), texts(tablet)]).toEqual([['the oven'], ['the oven']]))
    const id = await deliver('alice', `good night ${'😴'.repeat(300)}`, 'friend')
    await until(() => expect([phone.received, tablet.received].map((all) => all.length)).toEqual([2, 2]))
    expect(phone.received[0]?.note).toMatchObject({ id: first, unread: 1, title: 'System' })
    expect(phone.received[1]?.note).toEqual({
      id,
      user_id: 'alice',
      partner: 'friend',
      title: 'Veda',
      text: `good night ${'😴'.repeat(148)}…`,
      unread: 2,
    })
    const { messages } = await inboxOf('alice')
    expect(messages.map(({ id }: { id: string }) => id)).toEqual([first, id])
    await untilAllCame()
    expect(phone.received).toHaveLength(2)
    expect(texts(bob)).toEqual(['the last'])
  })

  test('is told by a Core that the push service knows (VAPID), and what waits there is replaced by a repetition', async () => {
    const phone = await deviceOf('alice')
    await deliver('alice', 'hello')
    await until(() => expect(phone.received).toHaveLength(1))
    const headers: Pushed['headers'] = phone.received[0]?.headers ?? {}
    const [, token = '', key = ''] = /^vapid t=([^,]+), k=(.+)$/.exec(String(headers['authorization'])) ?? []
    expect({ public_key: key }).toEqual((await core.get('/api/push/key')).body)
    const [head, claims = '', signature = ''] = token.split('.')
    const point = Buffer.from(key, 'base64url')
    const [x, y] = [point.subarray(1, 33), point.subarray(33)].map((part) => part.toString('base64url'))
    const publicKey = createPublicKey({
      format: 'jwk',
      key: { kty: 'EC', crv: 'P-256', x: x ?? '', y: y ?? '' },
    })
    const isSigned = verify(
      'sha256',
      Buffer.from(`${head}.${claims}`),
      { key: publicKey, dsaEncoding: 'ieee-p1363' },
      Buffer.from(signature, 'base64url'),
    )
    expect(isSigned).toBe(true)
    expect(JSON.parse(Buffer.from(claims, 'base64url').toString())).toMatchObject({ aud: service.url })
    expect(headers).toMatchObject({ 'content-encoding': 'aes128gcm', ttl: '86400', urgency: 'high' })
    expect(headers['topic']).toMatch(/^[\w-]{32}$/)
  })

  test('is told after a restart, by the same keys, what was not sent before it, and not what was', async () => {
    const phone = await deviceOf('alice')
    const { public_key } = (await core.get('/api/push/key')).body
    await deliver('alice', 'before')
    await until(() => expect(texts(phone)).toEqual(['before']))
    phone.upNext(503)
    await deliver('alice', 'between')
    await until(() => expect(phone.received).toHaveLength(2))
    const { home, port } = core
    await core.kill()
    core = await startCore({ coreYml, userYml, home, port })
    await until(() => expect(texts(phone)).toEqual(['before', 'between', 'between']))
    expect((await core.get('/api/push/key')).body).toEqual({ public_key })
    expect(statSync(`${home}/database/push.keys`).mode & 0o777).toBe(0o600)
    await untilAllCame()
    expect(phone.received).toHaveLength(3)
  })

  test('is not told of what they have seen meanwhile', async () => {
    const phone = await deviceOf('alice')
    phone.upNext(503, 503)
    await deliver('alice', 'seen elsewhere')
    await until(() => expect(phone.received).toHaveLength(1))
    await acknowledgeAll('alice')
    await deliver('alice', 'new')
    await until(() => expect(texts(phone)).toEqual(['seen elsewhere', 'new', 'new']))
  })
})

describe('devices are passed over', () => {
  test('while a client of the person is connected', async () => {
    const phone = await deviceOf('alice')
    const desktop = createApp('alice')
    apps.push(desktop)
    await desktop.connect(core)
    await deliver('alice', 'on the desktop')
    await until(() => expect(desktop.seen).toHaveLength(1))
    await untilAllCame()
    expect(phone.received).toEqual([])
  })

  test('while the person was last on a channel whose bridge is there', async () => {
    const phone = await deviceOf('alice')
    const whatsapp = await startBridge('whatsapp')
    await whatsapp.register(core)
    await core.inbound({ user_id: '42', channel_name: 'whatsapp', text: 'hello' })
    const id = await deliver('alice', 'on WhatsApp')
    await until(() => expect(whatsapp.seen()).toContain(id))
    await untilAllCame()
    await core.send('DELETE', '/api/channels/whatsapp')
    await whatsapp.close()
    expect(phone.received).toEqual([])
  })
})

describe('a push service', () => {
  test.each([404, 410])('that answers %i is not asked for this device again', async (status) => {
    const [old, phone] = [await deviceOf('alice'), await deviceOf('alice')]
    old.upNext(status)
    await deliver('alice', 'one')
    await until(() => expect([old, phone].map(texts)).toEqual([['one'], ['one']]))
    await deliver('alice', 'two')
    await until(() => expect(texts(phone)).toEqual(['one', 'two']))
    await untilAllCame()
    expect(texts(old)).toEqual(['one'])
    expect((await inboxOf('alice')).unread).toBe(2)
  })

  test('that cannot now is asked again; one that refuses is not', async () => {
    const phone = await deviceOf('alice')
    phone.upNext(500, 429, 201, 413)
    await deliver('alice', 'again')
    await until(() => expect(texts(phone)).toEqual(['again', 'again', 'again']))
    await deliver('alice', 'refused')
    await deliver('alice', 'next')
    await until(() => expect(texts(phone).slice(3)).toEqual(['refused', 'next']))
  })

  test('that a device names may be nowhere in the house', async () => {
    const { keys } = service.device().subscription
    const at = async (endpoint: string) =>
      (await core.post('/api/push/subscriptions', { user_id: 'alice', endpoint, keys })).status
    for (const endpoint of [
      'http://push.example.com/x',
      'https://localhost/x',
      'https://127.2/x',
      'https://10.0.0.1/x',
      'https://192.168.1.20:8443/x',
      'https://169.254.169.254/latest',
      'https://[::1]/x',
      'https://[::ffff:10.0.0.1]/x',
      'https://[fd00::1]/x',
      'https://router/x',
      'https://nas.local/x',
      'https://a:b@push.example.com/x',
      'ftp://push.example.com/x',
      'nonsense',
    ])
      expect([endpoint, await at(endpoint)]).toEqual([endpoint, 403])
    const endpoint = 'https://push.example.com/x'
    expect(await at(endpoint)).toBe(200)
    await core.send('DELETE', '/api/push/subscriptions', { user_id: 'alice', endpoint })
  })
})

test('a chat that the person muted is told of to nobody, and its messages wait in the inbox', async () => {
  const phone = await deviceOf('alice')
  const mute = async (muted: boolean) =>
    (await core.send('PATCH', '/api/push/chats?user_id=alice', { partner: 'friend', muted })).body
  expect(await mute(true)).toEqual({ muted: ['friend'] })
  expect((await core.get('/api/push/chats?user_id=bob')).body).toEqual({ muted: [] })
  await deliver('alice', 'from the friend', 'friend')
  await deliver('alice', 'from System')
  await until(() => expect(texts(phone)).toEqual(['from System']))
  expect((await inboxOf('alice')).unread).toBe(2)
  expect(await mute(false)).toEqual({ muted: [] })
  await deliver('alice', 'again', 'friend')
  await until(() => expect(texts(phone)).toEqual(['from System', 'again']))
})

describe('a device', () => {
  test('notifies one person: who subscribed last', async () => {
    const phone = await deviceOf('alice')
    await subscribe('bob', phone)
    subscribed.push({ user_id: 'bob', endpoint: phone.subscription.endpoint })
    await deliver('alice', 'for alice')
    await deliver('bob', 'for bob')
    await untilAllCame()
    expect(texts(phone)).toEqual(['for bob', 'the last'])
  })

  test('is the business of its person and the owner alone', async () => {
    const { token } = (await core.post('/api/tokens', { kind: 'user', for: 'bob' })).body
    const asBob = (method: string, body: object, path = 'subscriptions') =>
      fetch(`${core.url}/api/push/${path}`, {
        method,
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        body: JSON.stringify(body),
      })
    const phone = await deviceOf('alice')
    const { endpoint } = phone.subscription
    expect((await asBob('POST', { user_id: 'alice', ...service.device().subscription })).status).toBe(403)
    expect((await asBob('DELETE', { user_id: 'alice', endpoint })).status).toBe(403)
    expect(await (await asBob('DELETE', { user_id: 'bob', endpoint })).json()).toEqual({ removed: false })
    const quiet = await asBob('PATCH', { partner: 'system', muted: true }, 'chats?user_id=alice')
    expect(quiet.status).toBe(403)
    expect((await fetch(`${core.url}/api/push/key`)).status).toBe(401)
    await deliver('alice', 'still here')
    await until(() => expect(texts(phone)).toEqual(['still here']))
  })
})
