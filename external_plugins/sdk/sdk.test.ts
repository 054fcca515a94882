import { once } from 'node:events'
import { request } from 'node:http'
import { json } from 'node:stream/consumers'
import { setTimeout as pause } from 'node:timers/promises'
import { afterEach, describe, expect, test } from 'vitest'
import { z } from 'zod'
import type { PluginResult } from '#contract'
import {
  definePlugin,
  fromEnvironment,
  type Plugin,
  PluginError,
  readBody,
  type Serving,
  servePlugin,
} from './index.ts'
import { createLog } from './log.ts'
import { call, requestOf, run, runStreamed, until } from './testing/client.ts'
import { Fault, startTestCore, type TestCore } from './testing/core.ts'

const open: { stop?(): Promise<void>; close?(): Promise<void> }[] = []
afterEach(async () => {
  for (const part of open.splice(0).toReversed()) await (part.stop ?? part.close)?.()
})

const echo = definePlugin({
  id: 'echo',
  name: 'Echo',
  description: 'Says it again',
  timeout_sec: 1,
  capabilities: {
    echo: { name: 'Echo', run: ({ user_input }) => user_input },
    ask: {
      name: 'Ask the model',
      run: async ({ user_input }, { core, emit, signal }) => {
        const messages = [{ role: 'user' as const, content: user_input }]
        return {
          text: (await core.generate({ messages }, { onText: emit, signal })).text,
          metadata: { ui: [] },
        }
      },
    },
    fail: { name: 'Fail', run: () => Promise.reject(new PluginError('failed', 'No tea left')) },
    bug: { name: 'Bug', run: () => Promise.reject(new TypeError('the secret tea is x')) },
    hang: { name: 'Hang', run: () => new Promise<string>(() => {}) },
    remember: {
      name: 'Remember',
      run: async ({ user_id, user_input }, { core }) => {
        await core.memory.add({ user_id, text: user_input })
        return (await core.memory.search({ user_id, query: 'tea' })).map(({ memory }) => memory).join()
      },
    },
  },
  routes(app) {
    app.post('/sum', async (c) =>
      c.json({ sum: (await readBody(c, z.array(z.number()))).reduce((a, b) => a + b, 0) }),
    )
  },
})

async function start(plugin: Plugin = echo): Promise<{ core: TestCore; serving: Serving }> {
  const core = await startTestCore()
  open.push(core)
  const serving = await serve(plugin, core.url)
  await serving.registered
  return { core, serving }
}

async function serve(plugin: Plugin, url: string, checkEvery = 50): Promise<Serving> {
  const log = createLog(plugin.id, 'silent')
  const serving = await servePlugin(plugin, { port: 0, core: { url, key: 'the-owner-key' }, log, checkEvery })
  open.push(serving)
  return serving
}

describe('a run', () => {
  test('answers with the result of the contract', async () => {
    const { core, serving } = await start()
    const result = await run(serving.url, core.token(), {
      request_id: 'r1',
      capability_id: 'echo',
      user_input: 'tea',
    })
    expect(result).toEqual({
      request_id: 'r1',
      plugin_id: 'echo',
      success: true,
      text: 'tea',
      error: null,
      metadata: {},
    })
  })

  test.each<[string, object, string]>([
    ['an unknown capability', { capability_id: 'dance' }, 'There is no capability "dance"'],
    ['a name of the prototype', { capability_id: 'constructor' }, 'There is no capability'],
    ['no capability where there are many', { capability_id: null }, 'No capability was named'],
    ['empty input', { capability_id: 'echo', user_input: ' \n' }, 'There is no text to answer'],
    ['what the plugin says it cannot do', { capability_id: 'fail' }, 'No tea left'],
    ['a bug, without its words', { capability_id: 'bug' }, 'internal error'],
    ['what takes longer than timeout_sec', { capability_id: 'hang' }, 'It took longer than 1 s'],
  ])('fails clearly: %s', async (_what, fields, error) => {
    const { core, serving } = await start()
    const result = await run(serving.url, core.token(), fields)
    expect(result).toMatchObject({ success: false, text: '' })
    expect(result.error).toContain(error)
    expect(result.error).not.toContain('secret')
  })

  test('gives the same result when the same request comes again, and runs another one', async () => {
    let runs = 0
    const count = definePlugin({
      ...echo,
      id: 'count',
      capabilities: { count: { name: 'Count', run: () => `run ${++runs}` } },
    })
    const { core, serving } = await start(count)
    const ask = async (request_id: string, user_input = 'go') =>
      (await run(serving.url, core.token(), { request_id, user_input, capability_id: null })).text
    expect([await ask('r1'), await ask('r1'), await ask('r2'), await ask('r1', 'no')]).toEqual([
      'run 1',
      'run 1',
      'run 2',
      'run 3',
    ])
  })

  test('tells Core which turn it answers, where Core says so', async () => {
    const { core, serving } = await start()
    const asked = { capability_id: 'remember', user_id: 'ann', user_input: 'tea' }
    await run(serving.url, core.token(), { ...asked, metadata: { turn_token: 'of-ann' } })
    await run(serving.url, core.token(), asked)
    for (const call of ['add', 'search'])
      expect(core.bodies(`/api/plugins/memory/${call}`)).toMatchObject([
        { user_id: 'ann', turn_token: 'of-ann' },
        expect.not.objectContaining({ turn_token: expect.anything() }),
      ])
  })

  test('may write to people and have itself called at set times', async () => {
    const person = { user_id: 'ann' }
    const remind = definePlugin({
      ...echo,
      id: 'remind',
      capabilities: {
        remind: {
          name: 'Remind',
          async run(_request, { core }) {
            const told = await core.deliver({
              ...person,
              companion: 'remind',
              text: 'Tea?',
              dedupe_key: 'tea',
            })
            const job = await core.schedule({
              ...person,
              capability_id: 'remind',
              cron: '0 9 * * *',
              key: 'daily',
            })
            return `${told.id} ${job.id} ${await core.unschedule({ ...person, key: 'daily' })}`
          },
        },
      },
    })
    const { core, serving } = await start(remind)
    const { text } = await run(serving.url, core.token(), { capability_id: 'remind' })
    expect(text).toBe('tea daily true')
  })

  test('streams the words, then the result', async () => {
    const { core, serving } = await start()
    core.model = () => 'one two three'
    const { deltas, result } = await runStreamed(serving.url, core.token(), { capability_id: 'ask' })
    expect(deltas).toEqual(['one ', 'two ', 'three'])
    expect(result).toMatchObject({ success: true, text: 'one two three', metadata: { ui: [] } })
  })

  test('a fault of the model reaches the caller in the words of Core', async () => {
    const { core, serving } = await start()
    core.model = () => {
      throw new Fault(502, 'model_failed', 'The language model did not answer: refused')
    }
    const asked = { capability_id: 'ask' }
    const error = 'The language model did not answer: refused'
    expect(await run(serving.url, core.token(), asked)).toMatchObject({ success: false, error })
    expect((await runStreamed(serving.url, core.token(), asked)).result).toMatchObject({
      success: false,
      error,
    })
  })

  test('memory goes through Core', async () => {
    const { core, serving } = await start()
    const asked = { capability_id: 'remember', user_id: 'companion_echo', user_input: 'I like tea' }
    expect((await run(serving.url, core.token(), asked)).text).toBe('I like tea')
    core.memoryFault = 'off'
    expect(await run(serving.url, core.token(), asked)).toMatchObject({
      success: false,
      error: 'Memory not enabled',
    })
  })
})

describe('the door', () => {
  test('only the token opens it, and /health stands outside', async () => {
    const { core, serving } = await start()
    const body = requestOf({ capability_id: 'echo' })
    for (const token of [undefined, '', 'wrong', core.ownerKey, `${core.token()}x`]) {
      for (const path of ['/run', '/sum', '/nowhere']) {
        const answer = await call(serving.url + path, token, { body })
        expect(answer).toMatchObject({
          status: 401,
          type: expect.stringContaining('application/problem+json'),
        })
        expect(JSON.parse(answer.text)).toMatchObject({ code: 'key_missing', status: 401 })
      }
    }
    expect(await call(`${serving.url}/health`, undefined, { method: 'GET' })).toMatchObject({
      status: 200,
      text: '{"status":"ok","plugin_id":"echo"}',
    })
  })

  test('is shut while there is no token', async () => {
    const core = await startTestCore()
    open.push(core)
    const log = createLog('echo', 'silent')
    const serving = await servePlugin(echo, { port: 0, core: { url: core.url, key: undefined }, log })
    open.push(serving)
    for (const token of [undefined, '', 'undefined', core.ownerKey])
      expect((await call(`${serving.url}/run`, token, { body: requestOf() })).status).toBe(401)
  })

  test.each<[string, string, number, string]>([
    ['not JSON', 'hello secret', 422, 'body_not_json'],
    ['not a request', '{"request_id":1}', 422, 'body_invalid'],
    ['larger than the limit', ' '.repeat(17 * 1024 * 1024), 413, 'body_too_large'],
    ['nested 100,000 deep', '['.repeat(100_000), 422, 'body_not_json'],
  ])('a body that is %s', async (_what, body, status, code) => {
    const { core, serving } = await start()
    const answer = await call(`${serving.url}/run`, core.token(), { body })
    expect(answer.status).toBe(status)
    expect(JSON.parse(answer.text)).toMatchObject({ code, status })
    expect(answer.text).not.toContain('secret')
  })

  test('own routes work behind the token and tell faults as problems', async () => {
    const { core, serving } = await start()
    expect((await call(`${serving.url}/sum`, core.token(), { body: [1, 2] })).text).toBe('{"sum":3}')
    expect((await call(`${serving.url}/sum`, core.token(), { body: ['x'] })).status).toBe(422)
    expect((await call(`${serving.url}/nowhere`, core.token(), { body: [] })).status).toBe(404)
  })
})

describe('the registration', () => {
  test('is what the contract says and brings the token', async () => {
    const { core, serving } = await start()
    expect(core.registrations[0]).toMatchObject({
      plugin_id: 'echo',
      name: 'Echo',
      type: 'http',
      health_check_url: `${serving.url}/health`,
      config: { base_url: serving.url, path: '/run', timeout_sec: 1 },
    })
    expect(core.registrations[0]?.capabilities.map(({ id }) => id)).toEqual(Object.keys(echo.capabilities))
    await run(serving.url, core.token(), { capability_id: 'ask' })
    expect(core.seen.find(({ path }) => path === '/api/plugins/llm/generate')?.token).toBe(core.token())
  })

  test('waits for a Core that is not there yet', async () => {
    const core = await startTestCore()
    await core.close()
    const serving = await serve(echo, core.url)
    const later = await startTestCore({ port: core.port })
    open.push(later)
    await serving.registered
    expect(later.registrations).toHaveLength(1)
  })

  test('is made again when Core has forgotten us: seen by the check', async () => {
    const { core } = await start()
    core.forgetTokens()
    await until(() => core.registrations.length === 2, 'registered again')
    expect(core.registrations[1]).toEqual(core.registrations[0])
  })

  test('is made again when Core has forgotten us: seen by a callback, whose run succeeds', async () => {
    const core = await startTestCore()
    open.push(core)
    const serving = await serve(echo, core.url, 3_600_000)
    await serving.registered
    const before = core.token()
    core.forgetTokens()
    expect(await run(serving.url, before, { capability_id: 'ask' })).toMatchObject({ success: true })
    expect(core.token()).not.toBe(before)
    expect(await run(serving.url, core.token(), { capability_id: 'echo' })).toMatchObject({ success: true })
  })

  test('is made again when somebody comes with another token', async () => {
    const core = await startTestCore()
    open.push(core)
    const serving = await serve(echo, core.url, 3_600_000)
    await serving.registered
    await call(`${serving.url}/run`, 'a-newer-token', { body: requestOf() })
    await until(() => core.registrations.length === 2, 'registered again')
    expect(core.registrations[1]).toEqual(core.registrations[0])
  })
})

describe('stopping', () => {
  test('lets a run finish, refuses new ones, and signs off when started by hand', async () => {
    const { core, serving } = await start()
    const gate = Promise.withResolvers<string>()
    core.model = () => gate.promise
    const running = run(serving.url, core.token(), { capability_id: 'ask' })
    await until(() => core.bodies('/api/plugins/llm/generate').length === 1, 'asked')
    const stopped = serving.stop()
    await expect(run(serving.url, core.token(), { capability_id: 'echo' })).rejects.toThrow(/ECONNREFUSED/)
    gate.resolve('done')
    expect(await running).toMatchObject({ success: true, text: 'done' })
    await stopped
    expect(core.bodies('/api/plugins/unregister')).toEqual([{ plugin_id: 'echo' }])
  })

  test('answers a request that was still coming in', async () => {
    const { core, serving } = await start()
    const slow = request(`${serving.url}/run`, {
      method: 'POST',
      headers: { authorization: `Bearer ${core.token()}`, 'content-type': 'application/json' },
    })
    const body = JSON.stringify(requestOf({ capability_id: 'echo', user_input: 'Still here' }))
    slow.write(body.slice(0, 20))
    const answered = once(slow, 'response')
    await pause(100)
    const stopped = serving.stop()
    await pause(500)
    slow.end(body.slice(20))
    const [response] = await answered
    expect(await json(response)).toMatchObject({ success: true, text: 'Still here' })
    await stopped
  })

  test('does not wait longer than 2 s, and says so to the caller', async () => {
    const patient = definePlugin({ ...echo, timeout_sec: 100 })
    const { core, serving } = await start(patient)
    const running = run(serving.url, core.token(), { capability_id: 'hang' })
    await new Promise((resolve) => setTimeout(resolve, 50))
    await serving.stop()
    expect(await running).toMatchObject({
      success: false,
      error: 'The plugin is stopping',
    } satisfies Partial<PluginResult>)
  })
})

test('the signal of a run aborts when the caller goes away', async () => {
  const aborted = Promise.withResolvers<void>()
  const started = Promise.withResolvers<void>()
  const wait = definePlugin({
    id: 'wait',
    name: 'Wait',
    description: '',
    capabilities: {
      wait: {
        name: 'Wait',
        run: (_request, { signal }) => {
          started.resolve()
          signal.addEventListener('abort', () => aborted.resolve())
          return new Promise<string>(() => {})
        },
      },
    },
  })
  const { core, serving } = await start(wait)
  const gone = new AbortController()
  const body = JSON.stringify(requestOf({ capability_id: 'wait' }))
  const headers = { authorization: `Bearer ${core.token()}` }
  const answer = fetch(`${serving.url}/run`, { method: 'POST', headers, body, signal: gone.signal })
  await started.promise
  gone.abort()
  await expect(answer).rejects.toThrow(/aborted/)
  await aborted.promise
})

test('a taken port is a clear fault', async () => {
  const { core, serving } = await start()
  const again = servePlugin(echo, { port: serving.port, core: { url: core.url, key: 'x' } })
  await expect(again).rejects.toThrow(`Port ${serving.port} is taken`)
})

test('ids that Core would change are refused', () => {
  expect(() => definePlugin({ ...echo, id: 'My-Plugin' })).toThrow('Write "my_plugin"')
})

test('the environment: defaults, values, all faults at once', () => {
  expect(fromEnvironment({})).toMatchObject({ core: { url: 'http://127.0.0.1:9000' }, supervised: false })
  expect(fromEnvironment({ PORT: '0', HOMECLAW_SUPERVISED: '1', CORE_API_KEY: ' k ' })).toMatchObject({
    port: 0,
    supervised: true,
    core: { key: 'k' },
  })
  expect(() => fromEnvironment({ PORT: 'x', CORE_URL: 'y' })).toThrow(/CORE_URL must be[^]*PORT must be/)
})
