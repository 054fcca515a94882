import type { IncomingMessage, Server } from 'node:http'
import type { Duplex } from 'node:stream'
import { type WebSocket, WebSocketServer } from 'ws'
import { z } from 'zod'
import {
  type CompanionEntry,
  inboundMessage,
  type InboxMessage,
  MAX_ID,
  socketAck,
  type SocketFrame,
  socketRegister,
} from '#contract'
import type { ChatChange } from '../chats/changes.ts'
import type { Inbox } from '../delivery/delivery.ts'
import { describeError, problem } from '../errors.ts'
import type { Log } from '../log.ts'
import type { Turns } from '../turn.ts'
import { assertMayReadOf, mayRead } from '../users/rights.ts'
import { check, MAX_BODY, parseJson } from './body.ts'
import type { Caller } from './env.ts'
import { assertSameSite } from './guard.ts'
import type { Keys } from './keys.ts'

/** How often a silent client is asked whether it is still there, in ms. */
const PING = 30_000
/** Most bytes that wait for a client that does not read; then it is cut off, and Core's memory stays its own. */
const MAX_UNREAD = 8 * 1024 * 1024

/** The client's own id of a message; it comes back on everything that belongs to it, also when the rest is not valid. */
const correlated = z.object({ id: z.string().max(MAX_ID).optional() }).catch({})
const ping = z.object({ event: z.literal('ping') })
const stopped = z.object({ event: z.literal('stop'), id: z.string().max(MAX_ID) })
const told = z.union([socketRegister, socketAck])

export interface SocketParts {
  readonly server: Server
  readonly turns: Turns
  readonly inbox: Pick<Inbox, 'connect' | 'unread' | 'acknowledge'>
  readonly keys: Keys
  readonly allowedHosts: () => readonly string[]
  readonly companions: () => CompanionEntry[]
  /** Calls the listener when a companion came or went; gives the undo. */
  readonly onCompanions: (listener: () => void) => () => void
  /** Calls the listener when there is something new in a chat; gives the undo. */
  readonly onChats: (listener: (change: ChatChange) => void) => () => void
  readonly log: Log
}

/** One connection. */
interface Client {
  readonly socket: WebSocket
  readonly caller: Caller
  readonly person: Registration
  /** By the client's ids: what ends the answers to its messages. */
  readonly running: Map<string, AbortController>
}

/** Whom a connection shows messages to: the last one it registered. */
interface Registration {
  leave(): void
  hear(frame: z.output<typeof told>): Promise<void>
}

/** `/ws`: messages in, replies out with the id they belong to, what nobody asked for, and who is online. */
export function openSocket(parts: SocketParts): { close(): void } {
  const { server, turns, keys, log } = parts
  const sockets = new WebSocketServer({ noServer: true, maxPayload: MAX_BODY })
  const alive = new WeakSet<WebSocket>()
  const callers = new WeakMap<WebSocket, Caller>()

  server.on('upgrade', (request: IncomingMessage, stream: Duplex, head: Buffer) => {
    stream.on('error', failed)
    try {
      const caller = admit(request)
      sockets.handleUpgrade(request, stream, head, (socket) => connect(socket, caller))
    } catch (error) {
      const { status, title } = describeError(error, log)
      const refusal = `HTTP/1.1 ${status} ${title}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`
      stream.end(refusal, () => stream.destroy())
    }
  })

  const failed = (error: Error): void => log.debug({ reason: error.message }, 'a socket failed')

  function admit(request: IncomingMessage): Caller {
    if (request.url?.split('?')[0] !== '/ws') throw problem('not_found', 'socket at this address')
    assertSameSite(request.headers, parts.allowedHosts())
    const caller = keys.callerOf(request.headers)
    if (!caller) throw problem('key_missing')
    if (caller.kind === 'plugin') throw problem('not_allowed', 'A plugin has nothing to do on /ws')
    return caller
  }

  function connect(socket: WebSocket, caller: Caller): void {
    alive.add(socket)
    callers.set(socket, caller)
    socket.on('pong', () => alive.add(socket))
    socket.on('error', failed)
    const person = createRegistration(socket, caller)
    socket.on('close', person.leave)
    const running = new Map<string, AbortController>()
    socket.on('message', (data) => void receive({ socket, caller, person, running }, String(data)))
    send(socket, { event: 'connected', session_id: crypto.randomUUID() })
    send(socket, { event: 'companions', companions: parts.companions() })
  }

  function createRegistration(socket: WebSocket, caller: Caller): Registration {
    let user_id: string | undefined
    let leave = (): void => {}
    return {
      leave: () => leave(),
      async hear(frame: z.output<typeof told>): Promise<void> {
        if (frame.event === 'ack')
          return void (await parts.inbox.acknowledge(frame.ids, (userId) => userId === user_id))
        assertMayReadOf(caller, frame.user_id)
        leave()
        user_id = frame.user_id
        send(socket, { event: 'registered', user_id, unread: parts.inbox.unread(user_id) })
        const push = (message: InboxMessage): void => send(socket, { event: 'push', ...message })
        leave = parts.inbox.connect(user_id, { push }, frame.after)
      },
    }
  }

  async function receive({ socket, caller, person, running }: Client, text: string): Promise<void> {
    let id: string | undefined
    let partner: string | undefined
    try {
      const frame = parseJson(text)
      if (ping.safeParse(frame).success) return send(socket, { event: 'pong' })
      id = correlated.parse(frame).id
      const stop = stopped.safeParse(frame)
      if (stop.success) return running.get(stop.data.id)?.abort()
      const other = told.safeParse(frame)
      if (other.success) return await person.hear(other.data)
      const message = check(frame, inboundMessage, 'message_invalid')
      const reply = await runStoppable(running, id, (signal) =>
        turns.run(message, {
          caller,
          stop: signal,
          onPartner: (found) => (partner = found),
          ...(message.stream && { onText: hear }),
        }),
      )
      send(socket, { event: 'reply', ...(id && { id }), error: null, ...reply })
    } catch (error) {
      const { detail, code, status } = describeError(error, log)
      const about = { ...(id && { id }), ...(partner && { partner }) }
      send(socket, { event: 'error', ...about, error: detail, code, status, text: '' })
    }

    function hear(text: string): void {
      send(socket, { event: 'delta', ...(id && { id }), partner: partner ?? '', text })
    }
  }

  const undoChats = parts.onChats((change) => {
    for (const socket of sockets.clients) {
      const caller = callers.get(socket)
      if (caller && mayRead(caller, change.user_id)) send(socket, { event: 'chat', ...change })
    }
  })
  const undo = parts.onCompanions(() => {
    const frame: SocketFrame = { event: 'companions', companions: parts.companions() }
    for (const socket of sockets.clients) send(socket, frame)
  })

  const heartbeat = setInterval(() => {
    for (const socket of sockets.clients) {
      if (!alive.delete(socket)) socket.terminate()
      else socket.ping()
    }
  }, PING).unref()

  return {
    close() {
      undo()
      undoChats()
      clearInterval(heartbeat)
      for (const socket of sockets.clients) socket.close(1001, 'Core is stopping')
      sockets.close()
    },
  }
}

/** As long as it runs, `stop` with its id ends it. */
async function runStoppable<T>(
  running: Map<string, AbortController>,
  id: string | undefined,
  run: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const stop = new AbortController()
  if (id !== undefined) running.set(id, stop)
  try {
    return await run(stop.signal)
  } finally {
    if (id !== undefined && running.get(id) === stop) running.delete(id)
  }
}

/** To a socket that is gone or does not read, nothing is sent: the reply is stored, and a retry gets it. */
function send(socket: WebSocket, frame: SocketFrame): void {
  if (socket.bufferedAmount > MAX_UNREAD) socket.terminate()
  if (socket.readyState === socket.OPEN) socket.send(JSON.stringify(frame))
}
