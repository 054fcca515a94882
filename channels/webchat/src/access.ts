import type { Login, SocketFrame } from '#contract'
import { type ReadonlySignal, signal } from '@preact/signals'
import { type Api, RequestFailed } from './api.ts'
import type { Socket, SocketEvents } from './socket.ts'

type SessionState = 'checking' | 'needed' | 'open' | 'unreachable'

/** How the page gets to Core: logged in, and connected. */
export interface Access {
  readonly session: ReadonlySignal<SessionState>
  readonly connected: ReadonlySignal<boolean>
  /** Begins: logs in when told how, else goes on with the cookie. Gives why it was refused. */
  start(login?: Login): Promise<RequestFailed | undefined>
  /** False when there is no connection: nothing was sent. */
  send(frame: object): boolean
  /** Connects at once when there is no connection. */
  wake(): void
  /** A look at Core that may fail: then nothing changes, and the next connection looks again. */
  look(work: () => Promise<unknown>): Promise<void>
  /** A request was refused: perhaps the log-in is gone. */
  onRequestFailed(error: RequestFailed): void
}

interface Parts {
  readonly api: Pick<Api, 'session' | 'logIn'>
  readonly connect: (events: SocketEvents) => Socket
  /** What the page needs before it can show anything. */
  readonly prepare: () => Promise<void>
  readonly onFrame: (frame: SocketFrame) => void
  readonly onOpen: (self: string | undefined) => void
  readonly onClose: () => void
}

/** While Core is away the page asks for it again after this time. */
const ASK_AGAIN = 2_000

export function createAccess({ api, connect, prepare, onFrame, onOpen, onClose }: Parts): Access {
  const session = signal<SessionState>('checking')
  const connected = signal(false)
  let socket: Socket | undefined

  function onRequestFailed({ status }: RequestFailed): void {
    if (status === 401) session.value = 'needed'
  }

  async function look(work: () => Promise<unknown>): Promise<void> {
    try {
      await work()
    } catch (error) {
      if (!(error instanceof RequestFailed)) throw error
      onRequestFailed(error)
    }
  }

  function goOnline(): void {
    session.value = 'open'
    if (socket) return socket.wake()
    socket = connect({
      onFrame,
      onOpen(self) {
        connected.value = true
        onOpen(self)
      },
      onClose(refused) {
        connected.value = false
        onClose()
        if (refused) void look(api.session)
      },
    })
  }

  /** What is connected belongs to whoever was logged in before. */
  function goOffline(): void {
    if (!socket) return
    socket.close()
    socket = undefined
    connected.value = false
    onClose()
  }

  async function start(login?: Login): Promise<RequestFailed | undefined> {
    try {
      if (login) {
        await api.logIn(login)
        goOffline()
      }
      await prepare()
      goOnline()
      return undefined
    } catch (error) {
      if (!(error instanceof RequestFailed)) throw error
      const isAway = error.status === 0 || error.status >= 500
      session.value = isAway ? 'unreachable' : 'needed'
      if (isAway) setTimeout(() => void start(login), ASK_AGAIN)
      return isAway ? undefined : error
    }
  }

  return {
    session,
    connected,
    start,
    send: (frame) => socket?.send(frame) ?? false,
    wake: () => socket?.wake(),
    look,
    onRequestFailed,
  }
}
