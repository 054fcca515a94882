/** What a plugin may do in Core: nothing that core.yml does not grant; and what it did is written down. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { auditEntry, type AuditEntry, pluginEntry, type PluginEntry } from '#contract'
import { type Answer, type RunningCore, startCore } from '../testing/core.ts'
import { startTestPlugin, type TestPlugin } from '../testing/plugin.ts'
import { createScriptedModelServer, type ScriptedModelServer } from '../testing/scripted-model.ts'

const config = (modelUrl: string): string => `
model: { name: scripted, base_url: ${modelUrl} }
companions:
  - { id: notes, plugin_id: notes, session_id_value: notes }
  - { id: plain, plugin_id: plain, session_id_value: plain }
plugins:
  notes: { memory: [users, kitchen], model: { calls_per_day: 2 } }
  plain: {}
  thrifty: { model: { tokens_per_day: 20 } }
  reader: { memory: [users] }
`
const users = `users: [{ id: alice, name: Alice }, { id: bert, name: Bert }]`

let model: ScriptedModelServer
let core: RunningCore
let plugin: TestPlugin
const tokens: Record<string, string> = {}

beforeAll(async () => {
  model = await createScriptedModelServer()
  core = await startCore({ coreYml: config(model.url), userYml: users })
  plugin = await startTestPlugin()
  for (const id of ['notes', 'plain', 'thrifty']) {
    const { body } = await core.post('/api/plugins/register', plugin.registration(id))
    tokens[id] = body.token
  }
})
afterAll(async () => {
  await core[Symbol.asyncDispose]()
  core.remove()
  await plugin.close()
  await model.close()
})

async function as(
  id: string,
  path: string,
  body?: object,
  method = 'POST',
): Promise<Pick<Answer, 'status' | 'body'>> {
  const response = await fetch(`${core.url}${path}`, {
    method,
    headers: { authorization: `Bearer ${tokens[id]}` },
    ...(body && { body: JSON.stringify(body) }),
  })
  return { status: response.status, body: await response.json() }
}

const search = (id: string, user_id: string, turn_token?: unknown) =>
  as(id, '/api/plugins/memory/search', { user_id, query: 'tea', ...(turn_token ? { turn_token } : {}) })
const generate = (id: string, content = 'hi') =>
  as(id, '/api/plugins/llm/generate', { messages: [{ role: 'user', content }] })
const auditOf = async (id: string): Promise<AuditEntry[]> =>
  (await core.get(`/api/plugins/${id}/audit`)).body.entries.map((entry: unknown) => auditEntry.parse(entry))
const entryOf = async (id: string): Promise<PluginEntry | undefined> => {
  const { plugins } = (await core.get('/api/plugins')).body
  return pluginEntry
    .array()
    .parse(plugins)
    .find((entry) => entry.plugin_id === id)
}

describe('the memory of users', () => {
  test('is open while the plugin answers them, to no other plugin, for nobody else, and not after', async () => {
    await core.post('/api/plugins/memory/add', { user_id: 'alice', text: 'Alice likes tea' })
    let within: unknown[] = []
    let token: unknown
    plugin.respond(async ({ metadata }) => {
      token = metadata['turn_token']
      const own = await search('notes', 'alice', token)
      const others = [
        await search('notes', 'bert', token),
        await search('notes', 'companion', token),
        await search('plain', 'alice', token),
        await search('notes', 'alice'),
        await search('notes', 'alice', 'guessed'),
      ]
      within = [own.body.memories[0]?.memory, ...others.map(({ status }) => status)]
      return 'noted'
    })
    const answer = await core.inbound({ user_id: 'alice', session_id: 'notes', text: 'hello' })
    expect(answer.body.text).toBe('noted')
    expect(within).toEqual(['Alice likes tea', 403, 403, 403, 403, 403])
    expect(token).toEqual(expect.any(String))
    expect(await search('notes', 'alice', token)).toMatchObject({
      status: 403,
      body: { code: 'grant_missing', detail: expect.stringContaining('plugins.notes.memory: ["alice"]') },
    })
  })

  test('is open to a capability that System calls for them', async () => {
    const capabilities = [{ id: 'look', name: 'Look' }]
    await core.post('/api/plugins/register', plugin.registration('reader', { capabilities }))
    const { body } = await core.post('/api/tokens', { kind: 'plugin', for: 'reader' })
    tokens['reader'] = body.token
    model.script([{ tool_calls: [{ name: 'reader__look', arguments: {} }] }, 'Looked.'])
    let statuses: number[] = []
    plugin.respond(async ({ metadata: { turn_token } }) => {
      const asked = ['bert', 'alice'].map((user) => search('reader', user, turn_token))
      statuses = (await Promise.all(asked)).map(({ status }) => status)
      return 'seen'
    })
    expect((await core.inbound({ user_id: 'bert', text: 'look' })).body.text).toBe('Looked.')
    expect(statuses).toEqual([200, 403])
    model.script(() => 'Fine.')
  })

  test('is closed again after a run that failed', async () => {
    let token: unknown
    plugin.respond(({ metadata }) => {
      token = metadata['turn_token']
      return { success: false, error: 'no' }
    })
    await core.inbound({ user_id: 'alice', session_id: 'notes', text: 'hello again' })
    expect(token).toEqual(expect.any(String))
    expect((await search('notes', 'alice', token)).status).toBe(403)
  })

  test('a named namespace needs no turn', async () => {
    expect((await search('notes', 'kitchen')).status).toBe(200)
    expect((await search('plain', 'kitchen')).status).toBe(403)
  })
})

describe('the language model', () => {
  test('is closed to a plugin without the grant', async () => {
    const { status, body } = await generate('plain')
    expect([status, body.code]).toEqual([403, 'grant_missing'])
    expect(body.detail).toContain('plugins.plain.model: true')
  })

  test('a budget of calls holds, also for calls at once and after a kill', async () => {
    const answers = await Promise.all([generate('notes'), generate('notes'), generate('notes')])
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 200, 403])
    const refused = answers.find(({ status }) => status === 403)
    expect(refused?.body).toMatchObject({
      code: 'budget_spent',
      detail: expect.stringContaining('plugins.notes.model.calls_per_day'),
    })
    await auditOf('notes')
    await core.kill()
    core = await startCore({ home: core.home, port: core.port })
    expect((await generate('notes')).status).toBe(403)
    expect((await entryOf('notes'))?.model_use.calls).toBe(2)
  })

  test('a budget of tokens holds', async () => {
    expect((await generate('thrifty', 'one two three')).status).toBe(200)
    expect((await entryOf('thrifty'))?.model_use).toEqual({ calls: 1, tokens: 18 })
    expect(await generate('thrifty', 'one two three')).toMatchObject({
      status: 403,
      body: { code: 'budget_spent', detail: expect.stringContaining('plugins.thrifty.model.tokens_per_day') },
    })
  })
})

test('what a plugin may do is shown with it', async () => {
  expect((await entryOf('notes'))?.may).toEqual({
    memory: ['users', 'kitchen'],
    model: { calls_per_day: 2 },
    deliver: false,
    schedule: false,
  })
  expect((await entryOf('plain'))?.may).toEqual({ memory: [], model: false, deliver: false, schedule: false })
})

describe('the audit log', () => {
  test('tells what was done and refused, with the grant, and never what was said', async () => {
    const entries = await auditOf('notes')
    const short = entries.map(({ action, about, outcome }) => [action, about, outcome])
    expect(short).toContainEqual(['POST /api/plugins/memory/search', 'kitchen', 'done'])
    expect(short).toContainEqual(['POST /api/plugins/memory/search', 'bert', 'refused'])
    expect(short).toContainEqual(['POST /api/plugins/llm/generate', undefined, 'done'])
    const refused = entries.find(({ about }) => about === 'bert')
    expect(refused?.detail).toContain('plugins.notes.memory: ["bert"]')
    expect(JSON.stringify(entries)).not.toContain('tea')
  })

  test('counts what is repeated, and also what lies outside of the callbacks', async () => {
    for (let i = 0; i < 3; i++) await as('plain', '/api/plugins', undefined, 'GET')
    await as('plain', '/inbound', { text: 'hi', user_id: 'alice' })
    await as('plain', '/api/plugins/plain/audit', undefined, 'GET')
    const entries = await auditOf('plain')
    const listed = entries.filter(({ action }) => action === 'GET /api/plugins')
    expect(listed.reduce((sum, { count }) => sum + count, 0)).toBe(3)
    expect(listed[0]).toMatchObject({ outcome: 'refused' })
    expect(entries).toContainEqual(expect.objectContaining({ action: 'POST /inbound', outcome: 'refused' }))
    expect(entries).toContainEqual(
      expect.objectContaining({ action: 'GET /api/plugins/plain/audit', outcome: 'refused' }),
    )
  })

  test('is kept over a restart', async () => {
    const before = await auditOf('notes')
    await core.stop()
    core = await startCore({ home: core.home, port: core.port })
    expect(await auditOf('notes')).toEqual(before)
  })
})
