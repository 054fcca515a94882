import type { IncomingHttpHeaders, IncomingMessage, Server } from 'node:http'
import type { Duplex } from 'node:stream'
import { isDeepStrictEqual } from 'node:util'
import { type WebSocket, WebSocketServer } from 'ws'
import { z } from 'zod'
import { type CompanionEntry, inboundMessage, MAX_ID, type SocketFrame } from '#contract'
import type { ChatChange } from '../chats/changes.ts'
import type { Inbox } from '../delivery/delivery.ts'
import { describeError, problem } from '../errors.ts'
import type { Log } from '../log.ts'
import type { TurnOptions, Turns } from '../turn.ts'
import { mayRead } from '../users/rights.ts'
import { check, MAX_BODY, parseJson } from './body.ts'
import type { Caller } from './env.ts'
import { assertSameSite } from './guard.ts'
import type { Keys } from './keys.ts'
import { createListening, type Listening, listeningFrame } from './listening.ts'

/** How often a silent client is asked whether it is still there, in ms. */
const PING = 30_000
/** RFC 6455 §7.4.1: what is sent is against the rules. */
const LOGGED_OUT = 1008
/** Most bytes that wait for a client that does not read; then it is cut off, and Core's memory stays its own. */
const MAX_UNREAD = 8 * 1024 * 1024

/** The client's own id of a message; it comes back on everything that belongs to it, also when the rest is not valid. */
const correlated = z.object({ id: z.string().max(MAX_ID).optional() }).catch({})
const ping = z.object({ event: z.literal('ping') })
const cancel = z.object({ event: z.literal('cancel') })

interface Connection {
  readonly socket: WebSocket
  readonly caller: Caller
  readonly listening: Listening
  /** The turns of this connection by the client's id of their message. */
  readonly running: Map<string, string>
}

/** What a frame is about. */
interface About {
  id?: string
  partner?: string
}

export interface SocketParts {
  readonly server: Server
  readonly turns: Turns
  readonly inbox: Pick<Inbox, 'connect' | 'unread' | 'acknowledge'>
  readonly keys: Keys
  readonly allowedHosts: () => readonly string[]
  readonly companions: () => CompanionEntry[]
  /** Calls the listener when a companion came or went; gives the undo. */
  readonly onCompanions: (listener: () => void) => () => void
  /** Calls the listener when somebody was logged out; gives the undo. */
  readonly onLogOut: (listener: () => void) => () => void
  /** Calls the listener when there is something new in a chat; gives the undo. */
  readonly onChats: (listener: (change: ChatChange) => void) => () => void
  readonly log: Log
}

/** Who is connected, and with what they came in. */
interface Visitor {
  readonly caller: Caller
  readonly headers: IncomingHttpHeaders
}

/** `/ws`: messages in, replies out with the id they belong to, what nobody asked for, and who is online. */
export function openSocket(parts: SocketParts): { close(): void } {
  const { server, turns, inbox, keys, log } = parts
  const sockets = new WebSocketServer({ noServer: true, maxPayload: MAX_BODY })
  const alive = new WeakSet<WebSocket>()
  const visitors = new WeakMap<WebSocket, Visitor>()

  server.on('upgrade', (request: IncomingMessage, stream: Duplex, head: Buffer) => {
    stream.on('error', failed)
    try {
      const caller = admit(parts, request)
      sockets.handleUpgrade(request, stream, head, (socket) =>
        connect(socket, { caller, headers: request.headers }),
      )
    } catch (error) {
      const { status, title } = describeError(error, log)
      const refusal = `HTTP/1.1 ${status} ${title}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`
      stream.end(refusal, () => stream.destroy())
    }
  })

  const failed = (error: Error): void => log.debug({ reason: error.message }, 'a socket failed')

  function connect(socket: WebSocket, visitor: Visitor): void {
    const { caller } = visitor
    alive.add(socket)
    visitors.set(socket, visitor)
    socket.on('pong', () => alive.add(socket))
    socket.on('error', failed)
    const listening = createListening({ inbox, caller, send: (frame) => send(socket, frame) })
    const client: Connection = { socket, caller, listening, running: new Map() }
    socket.on('close', listening.leave)
    socket.on('message', (data) => void receive(client, String(data)))
    const self = caller.kind === 'user' && { user_id: caller.user_id }
    send(socket, { event: 'connected', session_id: crypto.randomUUID(), ...self })
    send(socket, { event: 'companions', companions: parts.companions() })
  }

  async function receive(client: Connection, text: string): Promise<void> {
    const { socket, listening, running } = client
    const about: About = {}
    try {
      const frame = parseJson(text)
      if (ping.safeParse(frame).success) return send(socket, { event: 'pong' })
      const { id } = correlated.parse(frame)
      if (id) about.id = id
      const heard = listeningFrame.safeParse(frame)
      if (heard.success) return await listening.hear(heard.data)
      if (cancel.safeParse(frame).success) return void turns.cancel(running.get(id ?? '') ?? '', () => true)
      const message = check(frame, inboundMessage, 'message_invalid')
      const reply = await turns.run(message, optionsOf(client, about, message.stream))
      send(socket, { event: 'reply', ...(id && { id }), error: null, ...reply })
    } catch (error) {
      const { detail, code, status } = describeError(error, log)
      send(socket, { event: 'error', ...about, error: detail, code, status, text: '' })
    } finally {
      if (about.id !== undefined) running.delete(about.id)
    }
  }

  const undoChats = parts.onChats((change) => {
    for (const socket of sockets.clients) {
      const visitor = visitors.get(socket)
      if (visitor && mayRead(visitor.caller, change.user_id)) send(socket, { event: 'chat', ...change })
    }
  })
  const undo = parts.onCompanions(() => {
    const frame: SocketFrame = { event: 'companions', companions: parts.companions() }
    for (const socket of sockets.clients) send(socket, frame)
  })

  /** Whoever came in with what is worth nothing any more. */
  function turnOut(): void {
    for (const socket of sockets.clients) {
      const visitor = visitors.get(socket)
      if (visitor && !isDeepStrictEqual(keys.callerOf(visitor.headers), visitor.caller))
        socket.close(LOGGED_OUT, 'Logged out')
    }
  }

  const undoLogOut = parts.onLogOut(turnOut)
  const heartbeat = setInterval(() => {
    turnOut()
    for (const socket of sockets.clients) {
      if (!alive.delete(socket)) socket.terminate()
      else socket.ping()
    }
  }, PING).unref()

  return {
    close() {
      undo()
      undoLogOut()
      undoChats()
      clearInterval(heartbeat)
      for (const socket of sockets.clients) socket.close(1001, 'Core is stopping')
      sockets.close()
    },
  }
}

/** Whoever is gone when the reply is there gets it as a delivery. Only what has an id can be cancelled. */
function optionsOf({ socket, caller, running }: Connection, about: About, stream: boolean): TurnOptions {
  const { id } = about
  const onText = (text: string): void =>
    send(socket, { event: 'delta', ...(id && { id }), partner: about.partner ?? '', text })
  return {
    caller,
    onPartner: (partner) => void (about.partner = partner),
    forOutbox: () => (socket.readyState === socket.OPEN ? undefined : { wait: 0 }),
    ...(stream && { onText }),
    ...(id !== undefined && { onStart: (turn) => running.set(id, turn) }),
  }
}

/** @throws Problem */
function admit({ keys, allowedHosts }: SocketParts, { url, headers }: IncomingMessage): Caller {
  if (url?.split('?')[0] !== '/ws') throw problem('not_found', 'socket at this address')
  assertSameSite(headers, allowedHosts())
  const caller = keys.callerOf(headers)
  if (!caller) throw problem('key_missing')
  if (caller.kind === 'plugin') throw problem('not_allowed', 'A plugin has nothing to do on /ws')
  return caller
}

/** To a socket that is gone or does not read, nothing is sent: the reply is stored, and a retry gets it. */
function send(socket: WebSocket, frame: SocketFrame): void {
  if (socket.bufferedAmount > MAX_UNREAD) socket.terminate()
  if (socket.readyState === socket.OPEN) socket.send(JSON.stringify(frame))
}
