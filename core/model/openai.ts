import { Pool } from 'undici'
import type { ModelMessage, ResponseFormat } from '#contract'
import type { ModelConfig } from '../config/schema.ts'
import { createDeadline, type ModelTimeouts } from './deadline.ts'
import { findJson } from './json-text.ts'
import { type Model, ModelError, type ModelEvent, type ModelOptions } from './model.ts'
import { readAnswer } from './openai-answer.ts'
import { type Endpoint, fromNetwork, fromStatus } from './openai-faults.ts'
import { toRequestBody } from './openai-wire.ts'

const TIMEOUTS: ModelTimeouts = { firstToken: 180_000, idle: 90_000 }
const CONNECT_TIMEOUT = 5_000
/** Shorter than any server's own: a connection that the server is about to close is not used again. */
const KEEP_ALIVE = 1_500
/** How much of an error body is looked at. */
const MAX_ERROR = 64 * 1024

export interface OpenAiModel extends Model {
  /** Lets answers under way finish, then closes the connections. */
  close(): Promise<void>
}

/**
 * Any endpoint with OpenAI's `/chat/completions`: Ollama, LM Studio, llama.cpp, vLLM, OpenAI …
 * When a JSON format is asked for, the text is JSON and nothing else, and comes in one piece.
 */
export function createOpenAiModel({
  name,
  base_url,
  api_key,
  timeouts = TIMEOUTS,
}: ModelConfig & { timeouts?: ModelTimeouts | undefined }): OpenAiModel {
  const url = new URL(base_url)
  const path = `${url.pathname.replace(/\/+$/, '')}/chat/completions${url.search}`
  const endpoint: Endpoint = { host: url.host, name, api_key: api_key || undefined }
  const headers = {
    'content-type': 'application/json',
    accept: 'text/event-stream',
    ...(api_key && { authorization: `Bearer ${api_key}` }),
  }
  const pool = new Pool(url.origin, {
    connect: { timeout: CONNECT_TIMEOUT },
    headersTimeout: 0,
    bodyTimeout: 0,
    keepAliveTimeout: KEEP_ALIVE,
    keepAliveMaxTimeout: KEEP_ALIVE,
  })

  const post = (messages: readonly ModelMessage[], options: ModelOptions, signal: AbortSignal) =>
    pool.request({
      path,
      method: 'POST',
      headers,
      body: JSON.stringify(toRequestBody(name, messages, options)),
      signal,
    })

  /** The body of an answer with a good status; without `response_format` when the endpoint does not know it. */
  async function ask(messages: readonly ModelMessage[], options: ModelOptions, signal: AbortSignal) {
    const response = await post(messages, options, signal)
    if (isGood(response.statusCode)) return response.body
    const error = await failure(response, endpoint)
    const mayBeFormat = error.fault === 'refused' && [400, 422].includes(response.statusCode)
    if (!mayBeFormat || !asksJson(options.format)) throw error

    const plain = { ...options, format: undefined }
    const again = await post(withFormatInPrompt(messages, options.format), plain, signal)
    if (isGood(again.statusCode)) return again.body
    throw await failure(again, endpoint)
  }

  async function* stream(messages: readonly ModelMessage[], options: ModelOptions = {}) {
    const watch = createDeadline(timeouts, endpoint, options.signal)
    let started = false
    try {
      const body = await ask(messages, options, watch.signal)
      started = true
      const events = readAnswer(body, endpoint, watch)
      yield* asksJson(options.format) ? onlyJson(events, endpoint) : events
    } catch (cause) {
      throw watch.fault() ?? (cause instanceof ModelError ? cause : fromNetwork(cause, endpoint, started))
    } finally {
      watch.end()
    }
  }

  return { name, stream, close: () => pool.close() }
}

const isGood = (status: number): boolean => status >= 200 && status < 300
const asksJson = (format: ResponseFormat | undefined): format is Exclude<ResponseFormat, { type: 'text' }> =>
  format !== undefined && format.type !== 'text'

async function failure(
  { statusCode, headers, body }: Awaited<ReturnType<Pool['request']>>,
  endpoint: Endpoint,
): Promise<ModelError> {
  let text = ''
  for await (const part of body) {
    text += String(part)
    if (text.length > MAX_ERROR) break
  }
  return fromStatus(statusCode, text, headers, endpoint)
}

/** What `response_format` says, said in words. */
function withFormatInPrompt(
  messages: readonly ModelMessage[],
  format: Exclude<ResponseFormat, { type: 'text' }>,
): ModelMessage[] {
  const schema =
    format.type === 'json_schema'
      ? ` It must fit this JSON Schema:\n${JSON.stringify(format.json_schema.schema)}`
      : ''
  const rule = `Answer with one JSON object and nothing else.${schema}`
  const [first, ...rest] = messages
  if (first?.role !== 'system') return [{ role: 'system', content: rule }, ...messages]
  return [{ ...first, content: `${first.content}\n\n${rule}` }, ...rest]
}

/** Holds the words back until the JSON among them is whole. */
async function* onlyJson(events: AsyncIterable<ModelEvent>, endpoint: Endpoint): AsyncGenerator<ModelEvent> {
  let text = ''
  const others: ModelEvent[] = []
  for await (const event of events) {
    if (event.type === 'text') text += event.text
    else others.push(event)
  }
  const json = findJson(text)
  if (json !== undefined) yield { type: 'text', text: json }
  else if (!others.some((event) => event.type === 'tool_call')) {
    throw new ModelError('bad_answer', `"${endpoint.name}" did not answer with JSON`)
  }
  yield* others
}
