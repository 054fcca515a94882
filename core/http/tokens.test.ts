import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { newToken, type NewToken, tokenEntry } from '#contract'
import { type Answer, type RunningCore, startCore } from '../testing/core.ts'
import { startTestPlugin, type TestPlugin } from '../testing/plugin.ts'

const users = `
users:
  - { id: alice, name: Alice, im: ['telegram:42', 'whatsapp:7'], email: a@home.example }
  - { id: bert, name: Bert, im: ['whatsapp:42'] }
`
let core: RunningCore
let plugin: TestPlugin
beforeAll(async () => {
  plugin = await startTestPlugin()
  core = await startCore({
    coreYml: 'model: none\nplugins: { notes: { memory: [kitchen] } }',
    userYml: users,
  })
})
afterAll(async () => {
  await core[Symbol.asyncDispose]()
  core.remove()
  await plugin.close()
})

const issue = async (kind: string, subject: string): Promise<NewToken> =>
  newToken.parse((await core.post('/api/tokens', { kind, for: subject })).body)

async function as(
  token: string,
  method: string,
  path: string,
  body?: object,
): Promise<Pick<Answer, 'status' | 'body'>> {
  const response = await fetch(`${core.url}${path}`, {
    method,
    headers: { authorization: `Bearer ${token}` },
    ...(body && { body: JSON.stringify(body) }),
  })
  return { status: response.status, body: await response.json() }
}

const say = async (token: string, message: object): Promise<number> =>
  (await as(token, 'POST', '/inbound', { text: 'hi', ...message })).status

describe('a user token', () => {
  test('acts as that one user', async () => {
    const { token } = await issue('user', 'alice')
    expect(await say(token, { user_id: 'alice' })).toBe(200)
    expect((await as(token, 'GET', '/api/chats?user_id=alice')).status).toBe(200)
    expect((await as(token, 'GET', '/api/config/users')).body.users).toMatchObject([{ id: 'alice' }])
    for (const user_id of ['bert', 'companion', undefined]) expect(await say(token, { user_id })).toBe(403)
    expect((await as(token, 'GET', '/api/chats?user_id=bert')).status).toBe(403)
    expect((await as(token, 'GET', '/api/plugins')).status).toBe(403)
    expect((await as(token, 'POST', '/api/tokens', { kind: 'user', for: 'bert' })).status).toBe(403)
  })

  test('is for somebody in user.yml, and ends with them', async () => {
    expect(await core.post('/api/tokens', { kind: 'user', for: 'nobody' })).toMatchObject({
      status: 404,
      body: { code: 'not_found' },
    })
    await core.post('/api/config/users', { id: 'carl', name: 'Carl' })
    const { token } = await issue('user', 'carl')
    expect(await say(token, { user_id: 'carl' })).toBe(200)
    await core.send('DELETE', '/api/config/users/carl')
    expect(await say(token, { user_id: 'carl' })).toBe(401)
  })
})

describe('a channel token', () => {
  test('asserts the identities of its own channel, and nothing else', async () => {
    const { token } = await issue('channel', 'telegram')
    const telegram = { channel_name: 'telegram' }
    expect(await say(token, { ...telegram, user_id: '42' })).toBe(200)
    expect(await say(token, { ...telegram, user_id: 'telegram:42' })).toBe(200)
    expect(await say(token, { channel_name: 'Telegram', user_id: 'telegram_42' })).toBe(200)
    for (const user_id of [
      'alice',
      'bert',
      'companion',
      'whatsapp:42',
      'whatsapp:7',
      'a@home.example',
      '7',
      undefined,
    ])
      expect([user_id, await say(token, { ...telegram, user_id })]).toEqual([user_id, 403])
    for (const channel_name of ['whatsapp', 'webchat', undefined])
      expect(await say(token, { channel_name, user_id: '42' })).toBe(403)
    expect((await as(token, 'GET', '/api/chats?user_id=alice')).status).toBe(403)
    expect((await as(token, 'GET', '/api/companions')).status).toBe(403)
  })

  test('of a mail channel brings addresses', async () => {
    const { token } = await issue('channel', 'email')
    expect(await say(token, { channel_name: 'email', user_id: 'A@home.example' })).toBe(200)
    expect(await say(token, { channel_name: 'email', user_id: 'telegram:42' })).toBe(403)
  })
})

describe('a plugin token', () => {
  test('registers that plugin, opens its grants, and outlives its sign-off', async () => {
    const { token, ...entry } = await issue('plugin', 'No-tes')
    expect(entry.for).toBe('no_tes')
    const { token: notes } = await issue('plugin', 'notes')
    expect((await as(token, 'POST', '/api/plugins/register', plugin.registration('notes'))).status).toBe(403)
    for (let round = 0; round < 2; round++) {
      const registered = await as(notes, 'POST', '/api/plugins/register', plugin.registration('notes'))
      expect(registered).toMatchObject({ status: 200, body: { plugin_id: 'notes' } })
      for (const key of [notes, registered.body.token]) {
        const add = await as(key, 'POST', '/api/plugins/memory/add', { user_id: 'kitchen', text: 'salt' })
        expect(add.status).toBe(200)
      }
      expect((await as(notes, 'POST', '/api/plugins/unregister', { plugin_id: 'notes' })).body.removed).toBe(
        true,
      )
      expect((await as(registered.body.token, 'GET', '/api/plugins/health/notes')).status).toBe(401)
    }
  })
})

test('tokens are listed without their words, stored as hashes, kept over a restart and revoked for good', async () => {
  const { token, ...entry } = await issue('channel', 'signal')
  const { tokens } = (await core.get('/api/tokens')).body
  expect(tokenEntry.array().parse(tokens)).toContainEqual(entry)
  expect(JSON.stringify(tokens)).not.toContain(token)
  await core.kill()
  const folder = join(core.home, 'database')
  for (const file of readdirSync(folder).filter((name) => name.startsWith('core.db')))
    expect(readFileSync(join(folder, file)).includes(token.slice('hc_channel_'.length))).toBe(false)
  core = await startCore({ home: core.home, port: core.port })
  expect((await as(token, 'GET', '/api/session')).body).toEqual({ caller: 'channel' })
  expect((await core.send('DELETE', `/api/tokens/${entry.id}`)).body).toEqual({ ok: true })
  expect((await as(token, 'GET', '/api/session')).status).toBe(401)
  expect((await core.send('DELETE', `/api/tokens/${entry.id}`)).status).toBe(404)
})

test.each([
  [{ kind: 'owner', for: 'x' }],
  [{ kind: 'user' }],
  [{ kind: 'user', for: '' }],
  [{ kind: 'plugin', for: 'x', other: 1 }],
])('%j is refused', async (body) => {
  expect((await core.post('/api/tokens', body)).status).toBe(422)
})
