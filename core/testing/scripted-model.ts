/**
 * A model server that answers what a script says, in the shapes of the OpenAI API. For tests, and by hand:
 * `node core/testing/scripted-model.ts 11434` repeats what it is told.
 * @module
 */
import { randomUUID } from 'node:crypto'
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type OpenAI from 'openai'

/** A tool call of the script; arguments that are not a text become JSON. */
interface ScriptedCall {
  readonly name: string
  readonly arguments: unknown
  readonly id?: string
}

/** A whole answer: streamed in `chunks` parts with `delay` ms before each, or as one JSON when `whole` is set. */
interface ScriptedText {
  readonly text?: string
  readonly reasoning?: string
  readonly tool_calls?: readonly ScriptedCall[]
  readonly chunks?: number
  readonly delay?: number
  readonly finish_reason?: 'stop' | 'length' | 'tool_calls' | 'content_filter'
  readonly usage?: { prompt_tokens: number; completion_tokens: number }
  readonly whole?: boolean
}

export type ScriptedAnswer =
  /** The same as `{ text }`. */
  | string
  | ScriptedText
  /** An HTTP error. */
  | { readonly fail: number; readonly body?: unknown; readonly headers?: Readonly<Record<string, string>> }
  /** Never ends: without `after` not even headers come, else the first `after` chunks do. */
  | { readonly hang: true; readonly text?: string; readonly after?: number }
  /** Ends the answer after `after` chunks without a finish reason; `rudely` breaks the connection. */
  | { readonly cut: true; readonly text?: string; readonly after?: number; readonly rudely?: boolean }
  /** HTTP 200 with exactly this body. */
  | { readonly garbage: string; readonly content_type?: string }
  /**
   * Exactly these data events (texts as they are, the rest as JSON), with `[DONE]` only where it is written; `open` never
   * ends. An async iterable gives them when it wants.
   */
  | {
      readonly events: readonly unknown[] | AsyncIterable<unknown>
      readonly delay?: number
      readonly open?: true
    }

interface ScriptedRequest {
  readonly body: OpenAI.ChatCompletionCreateParams
  readonly headers: IncomingHttpHeaders
  /** Resolves when the answer is over; `aborted` when the client left before its end. */
  readonly ended: Promise<'finished' | 'aborted'>
}

type Script = (request: ScriptedRequest, index: number) => ScriptedAnswer | Promise<ScriptedAnswer>

export interface ScriptedModelServer {
  /** What goes into `base_url`: ends in /v1. */
  readonly url: string
  readonly requests: ScriptedRequest[]
  /** How often `GET /models` was asked. */
  readonly listed: () => number
  /** What to answer from now on; a list is used up in order, and after its end every request fails with 500. */
  script(next: Script | readonly ScriptedAnswer[]): void
  close(): Promise<void>
}

const repeat: Script = ({ body }) => `You said: ${textOf(body.messages.at(-1))}`

/** Listens on 127.0.0.1. Until `script` is called, it repeats the last message. */
export async function createScriptedModelServer({
  port = 0,
  models = ['scripted'],
}: { port?: number; models?: readonly string[] } = {}): Promise<ScriptedModelServer> {
  const requests: ScriptedRequest[] = []
  let listed = 0
  let script = repeat

  async function respond(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const path = new URL(incoming.url ?? '/', 'http://scripted').pathname
    if (incoming.method === 'GET' && path === '/v1/models') {
      listed++
      return sendJson(outgoing, 200, modelList(models))
    }
    if (incoming.method !== 'POST' || path !== '/v1/chat/completions') {
      return sendJson(outgoing, 404, { error: { message: `no ${path}`, type: 'not_found' } })
    }
    const request = {
      body: JSON.parse(await readText(incoming)) as OpenAI.ChatCompletionCreateParams,
      headers: incoming.headers,
      ended: whenEnded(outgoing),
    }
    await play(await script(request, requests.push(request) - 1), request.body, outgoing)
  }

  const server = createServer((incoming, outgoing) => {
    respond(incoming, outgoing).catch((error: unknown) => {
      if (outgoing.headersSent) outgoing.destroy()
      else sendJson(outgoing, 500, { error: { message: String(error), type: 'script' } })
    })
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(port, '127.0.0.1', resolve)
  })

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    requests,
    listed: () => listed,
    script(next) {
      if (typeof next === 'function') {
        script = next
        return
      }
      const left = [...next]
      script = () => left.shift() ?? { fail: 500, body: { error: { message: 'the script has ended' } } }
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

async function play(
  scripted: ScriptedAnswer,
  body: OpenAI.ChatCompletionCreateParams,
  outgoing: ServerResponse,
): Promise<void> {
  const answer: Exclude<ScriptedAnswer, string> = typeof scripted === 'string' ? { text: scripted } : scripted
  if ('fail' in answer) return sendJson(outgoing, answer.fail, answer.body, answer.headers)
  if ('garbage' in answer) {
    outgoing.writeHead(200, { 'content-type': answer.content_type ?? 'text/event-stream' })
    outgoing.end(answer.garbage)
    return
  }
  if ('events' in answer) {
    await sendEvents(outgoing, answer.events, answer.delay)
    if (!answer.open) outgoing.end()
    return
  }
  if ('hang' in answer) {
    if (answer.after === undefined) return
    return sendEvents(outgoing, textChunks(body.model, answer.text ?? '', 10).slice(0, answer.after))
  }
  if ('cut' in answer) {
    await sendEvents(outgoing, textChunks(body.model, answer.text ?? '', 10).slice(0, answer.after ?? 3))
    if (answer.rudely) outgoing.destroy()
    else outgoing.end()
    return
  }
  if (!body.stream || answer.whole) return sendJson(outgoing, 200, completion(body.model, answer))
  await sendEvents(outgoing, streamOf(body, answer), answer.delay)
  outgoing.end()
}

/** Every event of a well-behaved stream, `[DONE]` included. */
function streamOf(body: OpenAI.ChatCompletionCreateParams, answer: ScriptedText): unknown[] {
  const { model } = body
  const calls = answer.tool_calls ?? []
  const finish = answer.finish_reason ?? (calls.length > 0 ? 'tool_calls' : 'stop')
  return [
    chunk(model, { role: 'assistant', content: '' }),
    ...(answer.reasoning
      ? [{ ...chunk(model, {}), choices: [{ index: 0, delta: { reasoning_content: answer.reasoning } }] }]
      : []),
    ...textChunks(model, answer.text ?? '', answer.chunks ?? 3),
    ...calls.flatMap((call, index) => callChunks(model, call, index)),
    chunk(model, {}, finish),
    ...(body.stream_options?.include_usage ? [usageChunk(model, answer)] : []),
    '[DONE]',
  ]
}

function chunk(
  model: string,
  delta: OpenAI.ChatCompletionChunk.Choice.Delta,
  finish: OpenAI.ChatCompletionChunk.Choice['finish_reason'] = null,
): OpenAI.ChatCompletionChunk {
  return {
    id: 'chatcmpl-scripted',
    object: 'chat.completion.chunk',
    created: 0,
    model,
    choices: [{ index: 0, delta, finish_reason: finish }],
  }
}

function textChunks(model: string, text: string, parts: number): OpenAI.ChatCompletionChunk[] {
  const letters = [...text]
  const size = Math.max(1, Math.ceil(letters.length / parts))
  const chunks: OpenAI.ChatCompletionChunk[] = []
  for (let at = 0; at < letters.length; at += size) {
    chunks.push(chunk(model, { content: letters.slice(at, at + size).join('') }))
  }
  return chunks
}

/** The name first, then the arguments in two halves, as OpenAI does. */
function callChunks(model: string, call: ScriptedCall, index: number): OpenAI.ChatCompletionChunk[] {
  const text = argumentsOf(call)
  const half = Math.ceil(text.length / 2)
  const first = { index, id: call.id ?? callId(), type: 'function', function: { name: call.name } } as const
  return [
    chunk(model, { tool_calls: [first] }),
    chunk(model, { tool_calls: [{ index, function: { arguments: text.slice(0, half) } }] }),
    chunk(model, { tool_calls: [{ index, function: { arguments: text.slice(half) } }] }),
  ]
}

const usageOf = (answer: ScriptedText): OpenAI.CompletionUsage => {
  const { prompt_tokens, completion_tokens } = answer.usage ?? { prompt_tokens: 11, completion_tokens: 7 }
  return { prompt_tokens, completion_tokens, total_tokens: prompt_tokens + completion_tokens }
}

const usageChunk = (model: string, answer: ScriptedText): OpenAI.ChatCompletionChunk => ({
  ...chunk(model, {}),
  choices: [],
  usage: usageOf(answer),
})

function completion(model: string, answer: ScriptedText): OpenAI.ChatCompletion {
  const calls = (answer.tool_calls ?? []).map((call) => ({
    id: call.id ?? callId(),
    type: 'function' as const,
    function: { name: call.name, arguments: argumentsOf(call) },
  }))
  return {
    id: 'chatcmpl-scripted',
    object: 'chat.completion',
    created: 0,
    model,
    choices: [
      {
        index: 0,
        finish_reason: answer.finish_reason ?? (calls.length > 0 ? 'tool_calls' : 'stop'),
        logprobs: null,
        message: {
          role: 'assistant',
          content: answer.text ?? null,
          refusal: null,
          ...(calls.length > 0 && { tool_calls: calls }),
        },
      },
    ],
    usage: usageOf(answer),
  }
}

const modelList = (names: readonly string[]) => ({
  object: 'list',
  data: names.map(
    (id) => ({ id, object: 'model', created: 0, owned_by: 'scripted' }) satisfies OpenAI.Models.Model,
  ),
})

const callId = (): string => `call_${randomUUID().slice(0, 8)}`
const argumentsOf = (call: ScriptedCall): string =>
  typeof call.arguments === 'string' ? call.arguments : JSON.stringify(call.arguments)

function textOf(message: OpenAI.ChatCompletionMessageParam | undefined): string {
  return typeof message?.content === 'string' ? message.content : ''
}

async function sendEvents(
  outgoing: ServerResponse,
  events: readonly unknown[] | AsyncIterable<unknown>,
  delay = 0,
): Promise<void> {
  outgoing.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' })
  outgoing.flushHeaders()
  for await (const event of events) {
    if (delay > 0) await pause(delay)
    if (outgoing.destroyed) return
    outgoing.write(`data: ${typeof event === 'string' ? event : JSON.stringify(event)}\n\n`)
  }
}

function sendJson(
  outgoing: ServerResponse,
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): void {
  const text = typeof body === 'string' ? body : JSON.stringify(body ?? { error: { message: 'scripted' } })
  outgoing.writeHead(status, { 'content-type': 'application/json', ...headers }).end(text)
}

async function readText(incoming: IncomingMessage): Promise<string> {
  const parts: Buffer[] = []
  for await (const part of incoming) parts.push(part)
  return Buffer.concat(parts).toString('utf8')
}

const whenEnded = (outgoing: ServerResponse): Promise<'finished' | 'aborted'> =>
  new Promise((resolve) => {
    outgoing.once('close', () => resolve(outgoing.writableFinished ? 'finished' : 'aborted'))
  })

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const server = await createScriptedModelServer({ port: Number(process.argv[2] ?? 11_434) })
  process.stdout.write(`A model that repeats what it is told: ${server.url}\n`)
}
