import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type App, createApp } from '../testing/app.ts'
import { type Answer, type RunningCore, startCore } from '../testing/core.ts'
import { until } from '../testing/until.ts'

const userYml = `
users:
  - { id: alice, name: Alice, im: ['whatsapp:42'] }
  - { id: bob, name: Bob }
`
let core: RunningCore
const tokens = { alice: '', bob: '', whatsapp: '' }

beforeAll(async () => {
  core = await startCore({ coreYml: 'model: none', userYml })
  for (const [kind, name] of [
    ['user', 'alice'],
    ['user', 'bob'],
    ['channel', 'whatsapp'],
  ] as const) {
    tokens[name] = (await core.post('/api/tokens', { kind, for: name })).body.token
  }
})
afterAll(() => core.stop())

async function as(
  who: keyof typeof tokens,
  method: string,
  path: string,
  body?: object,
): Promise<Pick<Answer, 'status' | 'body'>> {
  const answer = await fetch(`${core.url}${path}`, {
    method,
    headers: { authorization: `Bearer ${tokens[who]}` },
    ...(body && { body: JSON.stringify(body) }),
  })
  return { status: answer.status, body: await answer.json() }
}

/** Of whose chats a client heard. */
const chatsIn = ({ frames }: App): Set<string> =>
  new Set(frames.flatMap((frame) => (frame.event === 'chat' ? [frame.user_id] : [])))

const deliver = async (user_id: string): Promise<string> =>
  (await core.post('/api/plugins/deliver', { user_id, companion: 'system', text: 'hello' })).body.id

describe('a person', () => {
  test('reads their own inbox, and no other', async () => {
    await deliver('alice')
    expect((await as('alice', 'GET', '/api/inbox?user_id=alice')).body.unread).toBe(1)
    for (const path of [
      '/api/inbox?user_id=alice',
      '/api/inbox',
      '/api/events?user_id=alice',
      '/api/deliveries?user_id=alice',
      '/api/deliveries',
    ])
      expect({ path, ...(await as('bob', 'GET', path)) }).toMatchObject({ path, status: 403 })
  })

  test('acknowledges what is theirs alone, and learns nothing of the rest', async () => {
    const id = await deliver('alice')
    expect((await as('bob', 'POST', '/api/inbox/ack', { ids: [id] })).body.acknowledged).toBe(0)
    expect((await as('bob', 'POST', `/api/deliveries/${id}/resend`, {})).status).toBe(404)
    expect((await as('alice', 'POST', '/api/inbox/ack', { ids: [id, id, 'x'] })).body.acknowledged).toBe(1)
  })

  test('fetches and stops their own answers alone', async () => {
    const message = { user_id: 'alice', text: 'a long question', async: true }
    const { request_id } = (await as('alice', 'POST', '/inbound', message)).body
    expect((await as('bob', 'GET', `/inbound/result?request_id=${request_id}`)).status).toBe(404)
    expect((await as('bob', 'POST', '/inbound/cancel', { request_id })).status).toBe(404)
    expect([200, 202]).toContain(
      (await as('alice', 'GET', `/inbound/result?request_id=${request_id}`)).status,
    )
  })

  test('hears on a socket what is theirs alone, whoever they say they are', async () => {
    const apps = { alice: createApp('alice'), bob: createApp('alice', { acknowledges: false }) }
    for (const who of ['alice', 'bob'] as const) await apps[who].connect({ url: core.url, key: tokens[who] })
    await until(() =>
      expect(apps.bob.frames).toContainEqual(
        expect.objectContaining({ event: 'error', code: 'not_allowed', status: 403 }),
      ),
    )
    const id = await deliver('alice')
    apps.bob.send({ event: 'ack', ids: [id] })
    await as('alice', 'POST', '/inbound', { user_id: 'alice', text: 'My word is quartz' })
    await as('bob', 'POST', '/inbound', { user_id: 'bob', text: 'My word is basalt' })
    await until(() => expect(apps.alice.seen.map((message) => message.id)).toContain(id))
    await until(() => expect([...chatsIn(apps.alice), ...chatsIn(apps.bob)]).toEqual(['alice', 'bob']))
    expect(apps.bob.seen).toEqual([])
    for (const app of Object.values(apps)) app.drop()
  })

  test('delivers to nobody', async () => {
    const message = { user_id: 'bob', companion: 'system', text: 'hello' }
    expect((await as('alice', 'POST', '/api/plugins/deliver', message)).status).toBe(403)
  })
})

test('a bridge says where it is with the token of its channel, and of no other', async () => {
  const body = { callback_url: 'http://127.0.0.1:9/' }
  expect((await as('whatsapp', 'POST', '/api/channels/whatsapp', body)).body).toMatchObject({
    channel: 'whatsapp',
    secret: expect.stringMatching(/^whsec_/),
  })
  expect((await as('whatsapp', 'POST', '/api/channels/telegram', body)).status).toBe(403)
  expect((await as('alice', 'POST', '/api/channels/whatsapp', body)).status).toBe(403)
  expect((await as('whatsapp', 'GET', '/api/inbox?user_id=alice')).status).toBe(403)
  expect(JSON.stringify((await core.get('/api/channels')).body)).not.toContain('whsec_')
})
