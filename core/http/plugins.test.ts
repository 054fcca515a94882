import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { pluginEntry, registered } from '#contract'
import { companionConfig } from '../config/schema.ts'
import { OWNER_KEY, startCore, type TestCore } from '../plugins/plugins.fixture.ts'

let core: TestCore
let base: string
beforeAll(async () => {
  core = await startCore()
  ;({ base } = await core.byHand())
})
afterAll(async () => {
  await core.close()
})
beforeEach(async () => {
  await core.plugins.unregisterAll()
})

const bodyOf = (plugin_id: string) => ({
  plugin_id,
  name: 'Quotes',
  description: 'Says quotes',
  health_check_url: `${base}/health`,
  type: 'http',
  config: { base_url: base, path: 'run' },
  capabilities: [{ id: 'get-quote', name: 'Get a quote', parameters: [{ name: 'topic' }] }],
})
const register = (key: string | undefined, body: unknown) =>
  core.request('POST', '/api/plugins/register', key, body)

describe('POST /api/plugins/register', () => {
  it('takes what upstream plugins send, normalises the ids, and is an update the second time', async () => {
    const answer = await register(OWNER_KEY, bodyOf('Quote-Node'))
    expect(answer.status).toBe(200)
    expect(registered.parse(answer.body)).toMatchObject({ plugin_id: 'quote_node', registered: true })
    await register(OWNER_KEY, { ...bodyOf('quote node'), name: 'Other' })
    const { body } = await core.request('GET', '/api/plugins', OWNER_KEY)
    expect(body.plugins).toHaveLength(1)
    expect(pluginEntry.parse(body.plugins[0])).toMatchObject({
      plugin_id: 'quote_node',
      name: 'Other',
      state: 'ready',
      config: { base_url: base, path: '/run', timeout_sec: 420 },
      capabilities: [{ id: 'get_quote' }],
    })
  })

  it.each([['../x'], ['a/b'], ['🦊'], [''], ['   '], ['x'.repeat(10_000)], ['__proto__'], ['a\u0000b']])(
    'refuses the id %j with 422',
    async (plugin_id) => {
      const answer = await register(OWNER_KEY, { ...bodyOf('x'), plugin_id })
      expect(answer).toMatchObject({ status: 422, body: { code: 'body_invalid' } })
      expect(answer.body.detail).toContain('plugin_id')
    },
  )

  it('refuses other types, other machines, no JSON and a body without fields', async () => {
    expect((await register(OWNER_KEY, { ...bodyOf('x'), type: 'subprocess' })).status).toBe(422)
    const far = { ...bodyOf('x'), config: { base_url: 'http://169.254.169.254' } }
    expect(await register(OWNER_KEY, far)).toMatchObject({ status: 403, body: { code: 'not_allowed' } })
    const farHealth = { ...bodyOf('x'), health_check_url: 'http://0xa9fea9fe/' }
    expect((await register(OWNER_KEY, farHealth)).status).toBe(403)
    expect((await register(OWNER_KEY, 'no json')).body.code).toBe('body_not_json')
    expect((await register(OWNER_KEY, {})).body.errors.length).toBeGreaterThan(3)
    expect(core.plugins.list()).toEqual([])
  })

  it('is for the owner and the plugin itself', async () => {
    const { token } = (await register(OWNER_KEY, bodyOf('x'))).body
    expect((await register(token, bodyOf('x'))).status).toBe(200)
    expect((await register(token, bodyOf('X'))).status).toBe(200)
    expect(await register(token, bodyOf('y'))).toMatchObject({ status: 403, body: { code: 'not_allowed' } })
    for (const key of ['ann', 'telegram']) expect((await register(key, bodyOf('x'))).status).toBe(403)
    for (const key of ['ann', 'telegram']) expect((await register(key, {})).status).toBe(403)
    for (const key of [undefined, '', `${token}x`, token.slice(0, -1)])
      expect((await register(key, bodyOf('x'))).status).toBe(401)
    expect(core.plugins.list()).toHaveLength(1)
  })
})

describe('the other routes', () => {
  it('unregister one, for the owner and the plugin itself, and all, for the owner', async () => {
    const tokens = []
    for (const id of ['a', 'b', 'c']) tokens.push((await register(OWNER_KEY, bodyOf(id))).body.token)
    const path = '/api/plugins/unregister'
    expect((await core.request('POST', path, tokens[0], { plugin_id: 'b' })).status).toBe(403)
    expect((await core.request('POST', path, 'ann', { plugin_id: 'b' })).status).toBe(403)
    const own = await core.request('POST', path, tokens[0], { plugin_id: ' A ' })
    expect(own).toEqual({ status: 200, body: { removed: true, plugin_id: 'a' } })
    expect((await core.request('POST', path, tokens[0], { plugin_id: 'a' })).status).toBe(401)
    const again = await core.request('POST', path, OWNER_KEY, { plugin_id: 'a' })
    expect(again.body).toEqual({ removed: false, plugin_id: 'a' })
    expect((await core.request('POST', `${path}-all`, tokens[1], {})).status).toBe(403)
    const all = await core.request('POST', `${path}-all`, OWNER_KEY, {})
    expect(all).toEqual({ status: 200, body: { removed: ['b', 'c'], count: 2 } })
  })

  it('tell the health, 404 for one that is not known', async () => {
    await register(OWNER_KEY, bodyOf('my_plugin'))
    const path = '/api/plugins/health'
    expect((await core.request('GET', `${path}/My-Plugin`, OWNER_KEY)).body).toEqual({
      ok: true,
      plugin_id: 'my_plugin',
    })
    await fetch(`${base}/sick`, { method: 'POST', body: '{"sick":true}' })
    expect((await core.request('GET', `${path}/my_plugin`, OWNER_KEY)).body.ok).toBe(false)
    await fetch(`${base}/sick`, { method: 'POST', body: '{"sick":false}' })
    for (const id of ['nobody', '..%2f..', '%00'])
      expect(await core.request('GET', `${path}/${id}`, OWNER_KEY)).toMatchObject({
        status: 404,
        body: { code: 'plugin_unknown' },
      })
  })

  it('show plugins to the owner only', async () => {
    const { token } = (await register(OWNER_KEY, bodyOf('x'))).body
    for (const key of ['ann', 'telegram', token]) {
      expect((await core.request('GET', '/api/plugins', key)).status).toBe(403)
      expect((await core.request('GET', '/api/plugins/health/other', key)).status).toBe(403)
    }
    expect((await core.request('GET', '/api/plugins/health/x', token)).status).toBe(200)
    const { body } = await core.request('GET', '/api/plugins', OWNER_KEY)
    expect(JSON.stringify(body)).not.toContain(token)
  })

  it('show the enabled companions to the owner and users, with name and state', async () => {
    core.companions.push(
      ...[
        { id: 'friend', plugin_id: 'quote', keyword: 'Veda' },
        { id: 'coach', plugin_id: 'Quote', name: 'Coach', session_id_value: 'coach' },
        { id: 'plain', plugin_id: 'quote', session_id_value: 'plain' },
        { id: 'my_other-one', plugin_id: 'nobody', session_id_value: 'other' },
        { id: 'off', enabled: false },
      ].map((companion) => companionConfig.parse(companion)),
    )
    await register(OWNER_KEY, bodyOf('quote'))
    for (const key of [OWNER_KEY, 'ann']) {
      const { body } = await core.request('GET', '/api/companions', key)
      expect(body.companions).toEqual([
        {
          id: 'friend',
          name: 'Veda',
          plugin_id: 'quote',
          session_id_value: 'friend',
          keyword: 'Veda',
          state: 'ready',
        },
        { id: 'coach', name: 'Coach', plugin_id: 'quote', session_id_value: 'coach', state: 'ready' },
        { id: 'plain', name: 'Plain', plugin_id: 'quote', session_id_value: 'plain', state: 'ready' },
        {
          id: 'my_other_one',
          name: 'My Other One',
          plugin_id: 'nobody',
          session_id_value: 'other',
          state: 'offline',
        },
      ])
    }
    expect((await core.request('GET', '/api/companions', 'telegram')).status).toBe(403)
  })
})
