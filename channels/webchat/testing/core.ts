import type { Server } from 'node:http'
import { isDeepStrictEqual } from 'node:util'
import { createAdaptorServer } from '@hono/node-server'
import { Hono } from 'hono'
import { getCookie, setCookie } from 'hono/cookie'
import { WebSocketServer, type WebSocket } from 'ws'
import type { CompanionEntry, HistoryPage, SocketFrame, UserEntry } from '#contract'
import { pageRoutes } from '../../../core/http/page.ts'
import type { Env } from '../../../core/http/env.ts'

type Message = HistoryPage['messages'][number]
/** What the page sends on `/ws`. */
export interface Sent {
  readonly id: string
  readonly message_id: string
  readonly user_id: string
  readonly text: string
  readonly channel_name: string
  readonly session_id?: string
  readonly location?: string
  readonly images?: string[]
  readonly files?: string[]
}
/** What the other side says to one message; it may take its time. */
export type Answer = (message: Sent, say: (words: string) => void) => Promise<string | Failure>
interface Failure {
  readonly code: string
  readonly error: string
  readonly status: number
}

/**
 * The other side of the wire: a small server with Core's interface towards the page. It keeps chats, streams, knows its
 * ids, can lose its connections, be stopped and come back.
 */
export interface TestCore {
  readonly url: string
  readonly key: string
  /** The link that `npm start` would print. */
  readonly link: string
  /** Every message that arrived, repeats included. */
  readonly sent: Sent[]
  readonly users: UserEntry[]
  readonly companions: CompanionEntry[]
  answer: Answer
  setState(companion: string, state: CompanionEntry['state']): void
  store(user: string, partner: string, ...messages: Omit<Message, 'seq' | 'id'>[]): void
  stored(user: string, partner: string): Message[]
  dropConnections(): void
  start(): Promise<void>
  stop(): Promise<void>
}

export async function createTestCore(dist: string): Promise<TestCore> {
  const key = 'owner-key-of-the-test'
  const sockets = new Set<WebSocket>()
  const chats = new Map<string, Message[]>()
  const replies = new Map<string, SocketFrame>()
  let server: Server | undefined
  let port = 0
  const chat = (user: string, partner: string): Message[] => {
    const id = JSON.stringify([user, partner])
    if (!chats.has(id)) chats.set(id, [])
    return chats.get(id) ?? []
  }
  const core: TestCore = {
    get url() {
      return `http://127.0.0.1:${port}`
    },
    get link() {
      return `${this.url}/#key=${key}`
    },
    key,
    sent: [],
    users: [person('alice', 'Alice'), person('bob', 'Bob')],
    companions: [companion('friend', 'Veda')],
    answer: async ({ text }) => `You said: ${text}`,
    setState(id, state) {
      const at = core.companions.findIndex((entry) => entry.id === id)
      core.companions[at] = { ...core.companions[at]!, state }
      for (const socket of sockets) tell(socket, { event: 'companions', companions: core.companions })
    },
    store(user, partner, ...messages) {
      for (const message of messages) add(chat(user, partner), message)
    },
    stored: chat,
    dropConnections: () => sockets.forEach((socket) => socket.terminate()),
    async start() {
      server = createAdaptorServer({ fetch: routes(core, dist, chat).fetch }) as Server
      listenForSockets(server)
      await new Promise<void>((done) => server?.listen(port, '127.0.0.1', done))
      port = (server.address() as { port: number }).port
    },
    async stop() {
      core.dropConnections()
      server?.closeAllConnections()
      await new Promise((done) => server?.close(done))
    },
  }

  function listenForSockets(server: Server): void {
    const upgrade = new WebSocketServer({ noServer: true })
    server.on('upgrade', (request, socket, head) => {
      if (!request.headers.cookie?.includes(key)) return socket.end('HTTP/1.1 401 Unauthorized\r\n\r\n')
      upgrade.handleUpgrade(request, socket, head, (connection) => {
        sockets.add(connection)
        connection.on('close', () => sockets.delete(connection))
        connection.on('message', (data) => void receive(connection, JSON.parse(String(data))))
        tell(connection, { event: 'connected', session_id: 'test' })
      })
    })
  }

  async function receive(socket: WebSocket, message: Sent & { event?: string }): Promise<void> {
    if (message.event === 'ping') return tell(socket, { event: 'pong' })
    core.sent.push(message)
    const known = replies.get(message.message_id)
    if (known) return tell(socket, known)
    const entry = core.companions.find(({ session_id_value }) => session_id_value === message.session_id)
    const history = chat(message.user_id, entry?.id ?? 'system')
    if (entry && entry.state !== 'ready') {
      return tell(socket, { ...replyTo(message, `${entry.name} is offline now.`), offline: true })
    }
    const own =
      history.find(({ id }) => id === message.id) ?? add(history, spoken('user', message.text), message.id)
    const answer = await core.answer(message, (text) =>
      tell(socket, { event: 'delta', id: message.id, text }),
    )
    if (typeof answer !== 'string') {
      own.failed = answer.error
      return tell(socket, { event: 'error', id: message.id, text: '', ...answer })
    }
    delete own.failed
    const reply = replyTo(message, answer)
    replies.set(message.message_id, reply)
    add(history, spoken('assistant', answer))
    tell(socket, reply)
  }

  await core.start()
  return core
}

const tell = (socket: WebSocket, frame: SocketFrame): void => socket.send(JSON.stringify(frame))

const replyTo = (
  { id, message_id, session_id }: Sent,
  text: string,
): Extract<SocketFrame, { event: 'reply' }> => ({
  event: 'reply',
  id,
  error: null,
  partner: session_id ?? 'system',
  text,
  format: 'markdown',
  request_id: `turn-${id}`,
  message_id,
})

const spoken = (role: Message['role'], text: string): Omit<Message, 'seq' | 'id'> => ({
  role,
  text,
  at: new Date().toISOString(),
})

function add(history: Message[], message: Omit<Message, 'seq' | 'id'>, id?: string): Message {
  const seq = history.length + 1
  const stored = { ...message, seq, id: id ?? `stored-${seq}` }
  history.push(stored)
  return stored
}

const person = (id: string, name: string): UserEntry => ({
  id,
  name,
  email: [],
  im: [],
  phone: [],
  permissions: [],
})

export const companion = (id: string, name: string): CompanionEntry => ({
  id,
  name,
  plugin_id: id,
  session_id_value: id,
  keyword: name,
  state: 'ready',
})

function routes(core: TestCore, dist: string, chat: (user: string, partner: string) => Message[]): Hono<Env> {
  const app = new Hono<Env>()
  app.route('/', pageRoutes({ dist }))
  app.post('/api/session', async (c) => {
    if (!isDeepStrictEqual(await c.req.json(), { key: core.key })) return c.json(refusal, 401)
    setCookie(c, 'homeclaw', core.key, { httpOnly: true, sameSite: 'Strict', path: '/' })
    return c.json({ ok: true })
  })
  app.use('/api/*', async (c, next) =>
    getCookie(c, 'homeclaw') === core.key ? next() : c.json(refusal, 401),
  )
  app.get('/api/session', (c) => c.json({ caller: 'owner' }))
  app.get('/api/config/users', (c) => c.json({ users: core.users }))
  app.get('/api/companions', (c) => c.json({ companions: core.companions }))
  app.get('/api/chats', (c) => {
    const user = c.req.query('user_id') ?? ''
    const partners = ['system', ...(user === 'companion' ? [] : core.companions.map(({ id }) => id))]
    return c.json({ chats: partners.map((partner) => ({ partner, last: chat(user, partner).at(-1) })) })
  })
  app.get('/api/chats/:partner/messages', (c) => {
    const { user_id: user = '', before = '1000000', limit = '50' } = c.req.query()
    const partner = c.req.param('partner')
    const plugin = core.companions.find(({ id }) => id === partner)
    if (user === 'companion' && plugin && plugin.state !== 'ready') {
      return c.json({ code: 'plugin_offline', detail: `${plugin.name} is not running` }, 503)
    }
    const older = chat(user, partner).filter(({ seq }) => seq < Number(before))
    return c.json({ messages: older.slice(-Number(limit)), more: older.length > Number(limit) })
  })
  return app
}

const refusal = { code: 'key_missing', detail: 'No valid key' }
