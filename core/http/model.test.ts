import type { AddressInfo } from 'node:net'
import { createServer, type Server } from 'node:http'
import { getRequestListener } from '@hono/node-server'
import { createParser } from 'eventsource-parser'
import { Hono } from 'hono'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { generateEvent, type GenerateEvent, generateResponse, problemDocument } from '#contract'
import { describeError } from '../errors.ts'
import { createLog } from '../log.ts'
import type { Models } from '../model/model.ts'
import { createModels } from '../model/models.ts'
import { createScriptedModelServer, type ScriptedModelServer } from '../testing/scripted-model.ts'
import type { Caller, Env } from './env.ts'
import { modelRoutes } from './model.ts'

let upstream: ScriptedModelServer
let models: Models
let core: Server
let url: string
let caller: Caller

const mayUse = (who: Caller) => who.kind === 'owner' || (who.kind === 'plugin' && who.plugin_id === 'friends')

beforeEach(async () => {
  upstream = await createScriptedModelServer()
  const log = createLog('silent')
  models = createModels({
    config: () => ({ name: 'scripted', base_url: upstream.url, api_key: 'sk-canary' }),
    log,
  })
  caller = { kind: 'plugin', plugin_id: 'friends' }
  const app = new Hono<Env>()
  app.use(async (c, next) => {
    c.set('caller', caller)
    await next()
  })
  app.route('/', modelRoutes({ models, mayUse, open: async () => () => undefined, log }))
  app.onError((error) => {
    const document = describeError(error, log)
    return Response.json(document, { status: document.status })
  })
  core = createServer(getRequestListener(app.fetch))
  await new Promise<void>((resolve) => core.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(core.address() as AddressInfo).port}/api/plugins/llm/generate`
})
afterEach(async () => {
  core.closeAllConnections()
  await new Promise((resolve) => core.close(resolve))
  await Promise.all([upstream.close(), models.close()])
})

const messages = [{ role: 'user', content: 'hi' }]
const post = (body: unknown, signal: AbortSignal | null = null): Promise<Response> =>
  fetch(url, { method: 'POST', body: JSON.stringify(body), signal })

async function eventsOf(response: Response): Promise<GenerateEvent[]> {
  const events: GenerateEvent[] = []
  const parser = createParser({ onEvent: ({ data }) => events.push(generateEvent.parse(JSON.parse(data))) })
  parser.feed(await response.text())
  return events
}

describe('as JSON', () => {
  test('text, tool calls and usage; what is asked for is passed on', async () => {
    upstream.script([
      { text: 'Let me see.', tool_calls: [{ name: 'look', arguments: { at: 'it' }, id: 'a' }] },
    ])
    const tool = {
      type: 'function',
      function: { name: 'look', description: 'Look', parameters: { type: 'object' } },
    }
    const response = await post({
      messages,
      tools: [tool],
      response_format: { type: 'json_object' },
      llm_name: 'x',
    })
    expect(response.status).toBe(200)
    expect(generateResponse.parse(await response.json())).toEqual({
      text: '',
      tool_calls: [{ id: 'a', type: 'function', function: { name: 'look', arguments: '{"at":"it"}' } }],
      usage: { prompt_tokens: 11, completion_tokens: 7 },
    })
    expect(upstream.requests[0]?.body).toMatchObject({
      messages,
      tools: [tool],
      response_format: { type: 'json_object' },
    })
  })

  test('a model that fails is a problem, without keys and prompts', async () => {
    upstream.script([{ fail: 401, body: { error: { message: 'bad key sk-canary' } } }])
    const response = await post({ messages: [{ role: 'user', content: 'jellyfish' }] })
    expect(response.status).toBe(502)
    const body = await response.text()
    expect(problemDocument.parse(JSON.parse(body))).toMatchObject({ code: 'model_failed', text: '' })
    expect(body).not.toMatch(/canary|jellyfish/)
  })

  test('a body that does not fit is a problem', async () => {
    const response = await post({ messages: [] })
    expect(response.status).toBe(422)
  })
})

describe('as a stream', () => {
  test('deltas as they come, then done with all of it', async () => {
    upstream.script([{ text: 'one two three', chunks: 3 }])
    const response = await post({ messages, stream: true })
    expect(response.headers.get('content-type')).toContain('text/event-stream')
    const events = await eventsOf(response)
    const deltas = events.flatMap((event) => (event.event === 'delta' ? [event.text] : []))
    expect(deltas.length).toBeGreaterThan(1)
    expect(deltas.join('')).toBe('one two three')
    expect(events.at(-1)).toMatchObject({ event: 'done', text: 'one two three' })
  })

  test('an error is the last event', async () => {
    upstream.script([{ cut: true, text: 'one two three four', after: 3 }])
    const events = await eventsOf(await post({ messages, stream: true }))
    expect(events.at(-1)).toMatchObject({ event: 'error', code: 'model_failed' })
    expect(events.some(({ event }) => event === 'done')).toBe(false)
  })
})

describe('who may use it', () => {
  test('a plugin without the grant is told what to set', async () => {
    caller = { kind: 'plugin', plugin_id: 'coach' }
    const response = await post({ messages })
    expect(response.status).toBe(403)
    const document = problemDocument.parse(await response.json())
    expect(document.code).toBe('grant_missing')
    expect(document.detail).toContain('plugins.coach.model: true')
    expect(upstream.requests).toHaveLength(0)
  })

  test('a user may not', async () => {
    caller = { kind: 'user', user_id: 'me' }
    expect((await post({ messages })).status).toBe(403)
  })
})

describe('a client that goes away stops the model', () => {
  test.each([false, true])('stream: %s', async (stream) => {
    const asked = new Promise<void>((resolve) => {
      upstream.script(() => {
        setImmediate(resolve)
        return { hang: true, text: 'one two three four', after: 3 }
      })
    })
    const leave = new AbortController()
    const answer = post({ messages, stream }, leave.signal).then((response) => response.text())
    await asked
    leave.abort()
    await expect(answer).rejects.toThrow('aborted')
    expect(await upstream.requests[0]?.ended).toBe('aborted')
  })
})
