/** What every adapter of the model port owes, shown against a scripted endpoint. */
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import type OpenAI from 'openai'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { GenerateResponse, ModelMessage, Tool } from '#contract'
import type { ModelConfig } from '../config/schema.ts'
import type { ModelTimeouts } from './deadline.ts'
import { generate, type Model, ModelError, type ModelOptions } from './model.ts'
import type { AnswerPartInput, toRequestBody } from './openai-wire.ts'
import { DIALECTS, FAULTS, PROMPT, SECRET, SILENCES } from './model.cases.contract.ts'
import { createScriptedModelServer, type ScriptedModelServer } from '../testing/scripted-model.ts'

export type CreateModel = (
  config: ModelConfig & { timeouts?: ModelTimeouts },
) => Model & { close(): Promise<void> }

/** What we send and read fits the types of OpenAI's own client: checked by the compiler. */
const typesFit = {
  sent: (body: ReturnType<typeof toRequestBody>) => body satisfies OpenAI.ChatCompletionCreateParamsStreaming,
  streamed: (part: OpenAI.ChatCompletionChunk) => part satisfies AnswerPartInput,
  whole: (part: OpenAI.ChatCompletion) => part satisfies AnswerPartInput,
}

const hello: ModelMessage[] = [{ role: 'user', content: PROMPT }]
const weather: Tool = {
  type: 'function',
  function: {
    name: 'weather',
    description: 'The weather of a town',
    parameters: { type: 'object', properties: { town: { type: 'string' } } },
  },
}
const format = {
  type: 'json_schema',
  json_schema: { name: 'answer', schema: { type: 'object', properties: { n: { type: 'number' } } } },
} as const

/** A fresh endpoint and a model that asks it, for each test. */
interface Bench {
  readonly server: () => ScriptedModelServer
  readonly ask: (options?: ModelOptions) => Promise<GenerateResponse>
  readonly create: CreateModel
}

export function modelContract(create: CreateModel): void {
  let server: ScriptedModelServer
  let model: ReturnType<CreateModel>

  beforeEach(async () => {
    server = await createScriptedModelServer()
    model = create({ name: 'scripted', base_url: server.url, api_key: SECRET })
  })
  afterEach(async () => {
    await server.close()
    await model.close()
  })

  const bench: Bench = {
    server: () => server,
    ask: (options = {}) => generate(model, hello, options),
    create,
  }
  describe('every fault is one typed error without keys and prompts', () => {
    faultTests(bench)
  })
  describe('dialects', () => {
    dialectTests(bench)
  })
  describe('JSON', () => {
    jsonTests(bench)
  })
  describe('stopping', () => {
    stopTests(bench)
  })

  test('the types of what is sent and read fit those of the client of OpenAI', () => {
    expect(Object.keys(typesFit)).toEqual(['sent', 'streamed', 'whole'])
  })

  test('what is sent is a chat completion request, and words come as they are made', async () => {
    server.script([{ text: 'one two three', chunks: 3 }])
    const call = { id: 'a', type: 'function', function: { name: 'weather', arguments: '{}' } } as const
    const messages: ModelMessage[] = [
      { role: 'system', content: 'Be short.' },
      { role: 'assistant', content: '', tool_calls: [call] },
      { role: 'tool', content: 'rain', tool_call_id: 'a' },
    ]
    const seen: string[] = []
    await generate(model, messages, { tools: [weather], onText: (text) => seen.push(text) })
    expect(seen.length).toBeGreaterThan(1)
    const [request] = server.requests
    expect(request?.headers.authorization).toBe(`Bearer ${SECRET}`)
    expect(request?.body).toEqual({
      model: 'scripted',
      messages,
      stream: true,
      stream_options: { include_usage: true },
      tools: [weather],
    })
  })
}

function faultTests({ server, ask, create }: Bench): void {
  test.each(FAULTS)('%s', async (_, fault, answer) => {
    server().script([answer])
    expect(await errorOf(ask())).toMatchObject({ fault })
    expect(server().requests).toHaveLength(1)
  })

  test.each(SILENCES)('%s', async (_, answer, timeouts) => {
    server().script([answer])
    const impatient = create({ name: 'x', base_url: server().url, timeouts })
    expect(await errorOf(generate(impatient, hello))).toMatchObject({ fault: 'timeout' })
    expect(await server().requests[0]?.ended).toBe('aborted')
    await impatient.close()
  })

  test('429 says how long to wait', async () => {
    server().script([{ fail: 429, headers: { 'retry-after': '7' } }])
    expect(await errorOf(ask())).toMatchObject({ fault: 'busy', retryAfter: 7 })
  })

  test('nothing listens', async () => {
    await server().close()
    expect(await errorOf(ask())).toMatchObject({ fault: 'refused' })
  })

  test('the host name is not known', async () => {
    const nowhere = create({ name: 'x', base_url: 'http://nowhere.invalid/v1' })
    expect(await errorOf(generate(nowhere, hello))).toMatchObject({ fault: 'refused' })
    await nowhere.close()
  })

  test.each([
    ['something that is not HTTP', 'SSH-2.0-OpenSSH_9.2\r\n', 'bad_answer'],
    ['a connection that is closed at once', '', 'refused'],
  ])('%s', async (_, greeting, fault) => {
    const other = createServer((socket) => {
      socket.on('error', () => undefined).once('data', () => socket.end(greeting))
    })
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
    const { port } = other.address() as AddressInfo
    const strange = create({ name: 'x', base_url: `http://127.0.0.1:${port}/v1` })
    expect(await errorOf(generate(strange, hello))).toMatchObject({ fault })
    await strange.close()
    other.close()
  })
}

function dialectTests({ server, ask }: Bench): void {
  test.each(DIALECTS)('%s', async (_, answer, expected) => {
    server().script([answer])
    const { text, tool_calls = [] } = await ask({ tools: [weather] })
    expect(text).toBe(expected.text ?? '')
    const calls = tool_calls.map((call) => [call.function.name, JSON.parse(call.function.arguments)])
    expect(calls).toEqual(expected.calls ?? [])
    expect(new Set(tool_calls.map((call) => call.id)).size).toBe(tool_calls.length)
    expect(tool_calls.every((call) => call.id !== '')).toBe(true)
  })

  test('usage is counted', async () => {
    server().script([{ text: 'Hi', usage: { prompt_tokens: 3, completion_tokens: 2 } }])
    expect((await ask()).usage).toEqual({ prompt_tokens: 3, completion_tokens: 2 })
  })
}

function jsonTests({ server, ask }: Bench): void {
  test.each([
    ['alone', '{"n": 1}'],
    ['in a fence', 'Sure:\n```json\n{"n": 1}\n```\nDone.'],
    ['in prose', 'The answer {as you see} is {"n": 1}, nothing more.'],
  ])('%s', async (_, text) => {
    server().script([{ text }])
    expect((await ask({ format })).text).toBe('{"n": 1}')
    expect(server().requests[0]?.body.response_format).toEqual(format)
  })

  test('an endpoint without response_format is asked again once, with the schema in the prompt', async () => {
    server().script([{ fail: 400, body: { error: { message: 'response_format?' } } }, '{"n": 1}'])
    expect((await ask({ format })).text).toBe('{"n": 1}')
    const [, again] = server().requests
    expect(again?.body.response_format).toBeUndefined()
    expect(again?.body.messages[0]?.content).toContain(JSON.stringify(format.json_schema.schema))
  })

  test('refused twice is one error', async () => {
    server().script([{ fail: 400 }, { fail: 400 }, '{"n": 1}'])
    expect(await errorOf(ask({ format }))).toMatchObject({ fault: 'refused' })
    expect(server().requests).toHaveLength(2)
  })

  test('no JSON in the answer', async () => {
    server().script(['I would rather not.'])
    expect(await errorOf(ask({ format }))).toMatchObject({ fault: 'bad_answer' })
  })
}

function stopTests({ server, ask, create }: Bench): void {
  test.each([
    ['before the first word', { hang: true }],
    ['in the middle', { hang: true, text: 'one two three four', after: 3 }],
  ] as const)('%s closes the connection', async (_, answer) => {
    const stop = new AbortController()
    const patient = create({ name: 'scripted', base_url: server().url })
    const asked = new Promise<void>((resolve) => {
      server().script(() => {
        setImmediate(resolve)
        return answer
      })
    })
    const failed = errorOf(generate(patient, hello, { signal: stop.signal }))
    await asked
    stop.abort()
    expect(await failed).toMatchObject({ fault: 'stopped' })
    expect(await server().requests[0]?.ended).toBe('aborted')
    await patient.close()
  })

  test('before the request: nothing is sent', async () => {
    expect(await errorOf(ask({ signal: AbortSignal.abort() }))).toMatchObject({ fault: 'stopped' })
    expect(server().requests).toHaveLength(0)
  })

  test('a reader who stops reading closes the connection', async () => {
    server().script([{ hang: true, text: 'one two three four', after: 5 }])
    const patient = create({ name: 'scripted', base_url: server().url })
    for await (const event of patient.stream(hello)) {
      expect(event.type).toBe('text')
      break
    }
    expect(await server().requests[0]?.ended).toBe('aborted')
    await patient.close()
  })
}

async function errorOf(answer: Promise<unknown>): Promise<ModelError> {
  const error: unknown = await answer.then(
    () => undefined,
    (cause: unknown) => cause,
  )
  expect(error).toBeInstanceOf(ModelError)
  const { message } = error as ModelError
  expect(message).not.toMatch(/canary|jellyfish|undefined|\.$/)
  expect(message.length).toBeLessThan(200)
  return error as ModelError
}
