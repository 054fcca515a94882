import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { json } from 'node:stream/consumers'
import {
  deliverRequest,
  generateRequest,
  mayDeliverRequest,
  memoryAddRequest,
  memorySearchRequest,
  pluginSchedule,
  pluginUnschedule,
  registration,
} from '#contract'
import type { FoundMemory, MayDeliver, ModelMessage, Registration } from '#contract'

export interface Seen {
  readonly path: string
  readonly token: string | undefined
  readonly body: unknown
}

/** The other side of the wire for the tests of plugins: speaks Core's part of the contract over real HTTP. */
export interface TestCore {
  readonly url: string
  readonly port: number
  readonly ownerKey: string
  /** Every request, oldest first. */
  readonly seen: Seen[]
  readonly registrations: Registration[]
  /** The token that the plugin got last: what Core would send it. */
  token(): string
  /** A token as Core's supervisor gives it at a start; registering with it keeps it. */
  issue(): string
  /** The memories by namespace. */
  readonly memories: Map<string, { text: string; at: string }[]>
  /** The language model. A thrown `Fault` becomes a problem; the words of a streamed answer come one by one. */
  model: (messages: ModelMessage[]) => string | Promise<string>
  /** What memory calls answer instead, while set. */
  memoryFault: Fault | 'off' | undefined
  /** What it says of writing first. */
  mayDeliver: MayDeliver
  /** As if it had restarted without its tokens. */
  forgetTokens(): void
  /** The bodies that one path got. */
  bodies(path: string): unknown[]
  close(): Promise<void>
}

export class Fault extends Error {
  readonly status: number
  readonly code: string

  constructor(status: number, code: string, detail: string) {
    super(detail)
    this.status = status
    this.code = code
  }
}

export async function startTestCore({ port = 0 }: { port?: number } = {}): Promise<TestCore> {
  const tokens = new Set<string>()
  let issued = 0
  let latest = ''
  function issue(): string {
    latest = `token-${++issued}`
    tokens.add(latest)
    return latest
  }

  const core: Omit<TestCore, 'url' | 'port'> & { url: string; port: number } = {
    url: '',
    port: 0,
    ownerKey: 'the-owner-key',
    seen: [],
    registrations: [],
    token: () => latest,
    issue,
    memories: new Map(),
    model: () => 'A fine day to you.',
    memoryFault: undefined,
    mayDeliver: { may: true },
    forgetTokens: () => tokens.clear(),
    bodies: (path) => core.seen.filter((request) => request.path === path).map(({ body }) => body),
    async close() {
      server.closeAllConnections()
      if (server.listening) await new Promise((resolve) => server.close(resolve))
    },
  }

  const routes: Record<string, (body: unknown, response: ServerResponse, token: string) => unknown> = {
    '/api/plugins/register'(body, _response, token) {
      const plugin = registration.parse(body)
      core.registrations.push(plugin)
      return {
        plugin_id: plugin.plugin_id,
        registered: true,
        token: token === core.ownerKey ? issue() : (latest = token),
      }
    },
    '/api/plugins/unregister': () => ({ removed: true }),
    '/api/plugins/llm/generate': (body, response) => generate(core, body, response),
    '/api/plugins/memory/add'(body) {
      const { user_id, text } = memoryAddRequest.parse(body)
      if (core.memoryFault === 'off') return { ok: false, error: 'Memory not enabled' }
      if (core.memoryFault) throw core.memoryFault
      const kept = core.memories.get(user_id) ?? []
      core.memories.set(user_id, [...kept, { text, at: '2025-03-01T08:00:00.000Z' }])
      return { ok: true, id: String(kept.length) }
    },
    '/api/plugins/deliver': (body) => ({ ok: true, id: deliverRequest.parse(body).dedupe_key ?? 'd' }),
    '/api/plugins/may-deliver'(body) {
      mayDeliverRequest.parse(body)
      return core.mayDeliver
    },
    '/api/plugins/schedule': (body) => ({ id: pluginSchedule.parse(body).key ?? 'job' }),
    '/api/plugins/unschedule': (body) => ({ removed: pluginUnschedule.parse(body).key !== '' }),
    '/api/plugins/memory/search'(body) {
      const { user_id, limit } = memorySearchRequest.parse(body)
      if (core.memoryFault === 'off') return { memories: [] }
      if (core.memoryFault) throw core.memoryFault
      return { memories: (core.memories.get(user_id) ?? []).slice(0, limit).map(found) }
    },
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = request.url ?? ''
    const { 'x-api-key': key, authorization } = request.headers
    const token = key === undefined ? authorization?.replace(/^Bearer /, '') : String(key)
    const body = request.method === 'POST' ? await json(request) : undefined
    core.seen.push({ path, token, body })
    if (token !== core.ownerKey && !(token && tokens.has(token)))
      return refuse(response, new Fault(401, 'key_missing', 'No valid key'))
    const route = path.startsWith('/api/plugins/health/') ? () => ({ ok: true }) : routes[path]
    if (!route) return refuse(response, new Fault(404, 'not_found', `There is no ${path}`))
    const result = await route(body, response, token)
    if (result !== undefined) send(response, 200, result)
  }

  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      if (response.headersSent) response.destroy()
      else refuse(response, error instanceof Fault ? error : new Fault(500, 'internal', String(error)))
    })
  })
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  core.port = (server.address() as { port: number }).port
  core.url = `http://127.0.0.1:${core.port}`
  return core
}

async function generate(core: TestCore, body: unknown, response: ServerResponse): Promise<unknown> {
  const { messages, stream } = generateRequest.parse(body)
  if (!stream) return { text: await core.model(messages) }
  const write = (event: object): void => void response.write(`data: ${JSON.stringify(event)}\n\n`)
  try {
    const text = await core.model(messages)
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    for (const part of text.match(/\S+\s*/g) ?? []) {
      write({ event: 'delta', text: part })
      await new Promise(setImmediate)
    }
    write({ event: 'done', text })
  } catch (error) {
    if (!(error instanceof Fault)) throw error
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    write({ event: 'error', code: error.code, error: error.message })
  }
  response.end()
  return undefined
}

function found({ text, at }: { text: string; at: string }, index: number): FoundMemory {
  return {
    id: String(index),
    memory: text,
    score: 1,
    created_at: at,
    source: { kind: 'plugin', id: 'friends' },
  }
}

function refuse(response: ServerResponse, { status, code, message }: Fault): void {
  send(response, status, {
    type: 'about:blank',
    title: code,
    status,
    detail: message,
    code,
    error: message,
    text: '',
  })
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, {
    'content-type': status < 300 ? 'application/json' : 'application/problem+json',
  })
  response.end(JSON.stringify(body))
}
