/** Plugins written for the upstream project, which know nothing of ours: they register, answer and call back as there. */
import { on, once } from 'node:events'
import { WebSocket } from 'ws'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type Answer, type RunningCore, startCore } from '../testing/core.ts'
import { startTestPlugin, type TestPlugin } from '../testing/plugin.ts'

let core: RunningCore
let plugin: TestPlugin
const paths: string[] = []

beforeAll(async () => {
  plugin = await startTestPlugin()
  core = await startCore({
    coreYml: 'model: none\ncompanion: { id: friend, plugin_id: Old Friend }\nplugins: { old_friend: {} }',
    userYml: 'users: [{ id: alice, name: Alice }]',
  })
})
beforeEach(() => {
  paths.length = 0
})
afterAll(async () => {
  await core[Symbol.asyncDispose]()
  await plugin.close()
})

/** As upstream's scripts send it: the one key, in both headers. */
async function post(path: string, body: object): Promise<Pick<Answer, 'status' | 'body'>> {
  const headers = {
    'X-API-Key': core.key,
    Authorization: `Bearer ${core.key}`,
    'Content-Type': 'application/json',
  }
  const answer = await fetch(core.url + path, { method: 'POST', headers, body: JSON.stringify(body) })
  return { status: answer.status, body: await answer.json() }
}

const register = (more: object) =>
  post('/api/plugins/register', {
    plugin_id: 'Old-Friend',
    name: 'Old Friend',
    description: 'Answers. Use when somebody asks.',
    description_long: 'Answers what is asked.',
    health_check_url: `${plugin.url}/health`,
    type: 'http',
    config: { base_url: plugin.url, path: 'run', timeout_sec: 10 },
    tools: [{ name: 'legacy' }],
    ...more,
  })

const capability = (more: object) => ({
  id: 'post message',
  name: 'Post message',
  description: 'Post a message',
  parameters: [
    { name: 'text', type: 'string', required: true, profile_key: 'x', confirm_if_uncertain: true },
  ],
  output_description: '{"text": "done"}',
  post_process: false,
  ...more,
})

test('the answer to a registration is the one upstream gives', async () => {
  expect((await register({})).body).toMatchObject({ plugin_id: 'old_friend', registered: true })
  expect((await core.get('/api/plugins/health/Old Friend')).body).toEqual({
    ok: true,
    plugin_id: 'old_friend',
  })
})

test('null is like leaving out, and the time limit is the one of upstream', async () => {
  const answer = await register({
    description_long: null,
    ui: null,
    tools: null,
    config: { base_url: plugin.url, path: null, timeout_sec: null },
    capabilities: [
      capability({
        method: null,
        path: null,
        post_process: null,
        parameters: [{ name: 'a', type: null, required: null }],
      }),
    ],
  })
  expect(answer.status).toBe(200)
  const { plugins } = (await core.get('/api/plugins')).body
  expect(plugins.find((one: { plugin_id: string }) => one.plugin_id === 'old_friend')).toMatchObject({
    config: { path: '/run', timeout_sec: 420 },
    capabilities: [{ post_process: false, parameters: [{ name: 'a', type: 'string', required: true }] }],
  })
})

test('a conversation brings every field of upstream, and its smallest result is enough', async () => {
  await register({})
  plugin.respond(({ user_input }, path) => {
    paths.push(path)
    return { text: `You said: ${user_input}`, metadata: null, error: null }
  })
  const answer = await core.inbound({ user_id: 'alice', conversation_type: 'friend', text: 'hello' })
  expect(answer.body).toMatchObject({ text: 'You said: hello', format: 'plain' })
  expect(paths).toEqual(['/run'])
  expect(plugin.requests.at(-1)).toMatchObject({
    request_id: expect.any(String),
    plugin_id: 'old_friend',
    user_input: 'hello',
    user_id: 'alice',
    user_name: 'Alice',
    channel_name: 'webhook',
    channel_type: 'IM',
    app_id: 'homeclaw',
    metadata: expect.any(Object),
    capability_id: 'chat',
  })
})

/** The reply to one message on `/ws`. */
async function overSocket(message: object): Promise<unknown> {
  const socket = new WebSocket(`${core.url.replace('http', 'ws')}/ws`, { headers: { 'X-API-Key': core.key } })
  await once(socket, 'open')
  socket.send(JSON.stringify({ ...message, id: 'mine' }))
  for await (const [data] of on(socket, 'message')) {
    const frame = JSON.parse(String(data))
    if (frame.event !== 'reply' && frame.event !== 'error') continue
    socket.close()
    return frame
  }
  return undefined
}

test('images and ui reach the client, whichever way it came, and again with a retry', async () => {
  await register({})
  const metadata = {
    images: ['data:image/png;base64,AA=='],
    ui: [{ id: 'a', url: 'http://x' }],
    format: 'markdown',
  }
  plugin.respond(() => ({ text: 'See', metadata }))
  const message = { user_id: 'alice', session_id: 'friend', text: 'show me', message_id: 'show' }
  expect((await core.inbound(message)).body).toMatchObject({ text: 'See', ...metadata })
  plugin.respond(() => 'not asked again')
  expect((await core.inbound(message)).body).toMatchObject({ text: 'See', ...metadata })
  plugin.respond(() => ({ text: 'See', metadata }))
  expect(await overSocket({ ...message, message_id: 'socket' })).toMatchObject({ text: 'See', ...metadata })
  expect((await core.stream({ ...message, message_id: 'stream' })).at(-1)).toMatchObject({
    event: 'done',
    ...metadata,
  })
})

test('callbacks need no field of ours', async () => {
  expect((await post('/api/plugins/memory/add', { user_id: 'alice', text: 'I like tea' })).body.ok).toBe(true)
  const found = await post('/api/plugins/memory/search', {
    user_id: 'alice',
    query: 'tea',
    app_id: 'x',
    limit: 5,
  })
  expect(found.body.memories).toMatchObject([{ memory: 'I like tea', score: expect.any(Number) }])
  const said = await post('/api/plugins/llm/generate', {
    messages: [{ role: 'user', content: 'hi' }],
    llm_name: null,
  })
  expect(said.body.text).toEqual(expect.any(String))
})

test('a failure with a status is told in its own words', async () => {
  await register({})
  plugin.respond(() => ({ status: 503, success: false, error: 'The oven is cold' }))
  const answer = await core.inbound({ user_id: 'alice', session_id: 'friend', text: 'bake' })
  expect(answer).toMatchObject({ status: 502, body: { code: 'plugin_failed', text: '' } })
  expect(answer.body.error).toContain('The oven is cold')
})

describe('a capability', () => {
  const ask = async (): Promise<string> =>
    (await core.inbound({ user_id: 'alice', text: 'post message "tea"' })).body.text

  test.each([
    ['at its own path', { path: '/post', method: 'POST' }, ['/post']],
    ['without the slash', { path: 'post' }, ['/post']],
    ['at the usual path', { path: '/run', method: 'post' }, ['/run']],
    ['with a method that nobody knows', { path: '/run', method: 'FETCH' }, ['/run']],
    ['at a path that is not there', { path: '/gone' }, ['/gone', '/run']],
  ])('%s', async (_, where, called) => {
    await register({ plugin_id: 'poster', capabilities: [capability(where)] })
    plugin.respond(({ capability_parameters }, path) => {
      paths.push(path)
      return path === '/gone' ? { status: 404 } : `posted ${capability_parameters?.['text']}`
    })
    expect(await ask()).toContain('posted tea')
    expect(paths).toEqual(called)
  })

  test('by GET has its parameters in the query', async () => {
    await register({ plugin_id: 'poster', capabilities: [capability({ method: 'GET', path: '/post?v=1' })] })
    plugin.respond((_, path) => {
      paths.push(path)
      return 'got it'
    })
    expect(await ask()).toContain('got it')
    const query = new URL(paths[0] ?? '', plugin.url).searchParams
    expect(Object.fromEntries(query)).toEqual({
      v: '1',
      text: 'tea',
      user_id: 'alice',
      request_id: expect.any(String),
    })
  })

  test.each(['http://169.254.169.254/x', '//evil.example/x', '/../x'])(
    'cannot lead elsewhere: %s',
    async (path) => {
      await register({ plugin_id: 'poster', capabilities: [capability({ path })] })
      plugin.respond(() => 'still here')
      expect(await ask()).toContain('still here')
    },
  )

  test.each(['/a b', '/ü', '/\r\nX: y'])('has a path that is percent-encoded, not %j', async (path) => {
    const answer = await register({ plugin_id: 'poster', capabilities: [capability({ path })] })
    expect(answer).toMatchObject({ status: 422, body: { code: 'body_invalid' } })
  })
})
