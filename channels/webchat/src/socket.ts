import type { SocketFrame } from '#contract'

export interface Socket {
  /** False when there is no connection: nothing was sent. */
  send(frame: object): boolean
  /** Connects now instead of at the next attempt; nothing happens while connected. */
  wake(): void
  close(): void
}

export interface SocketEvents {
  onFrame(frame: SocketFrame): void
  /** Core has let us in. @param self the user who is logged in; undefined: the owner */
  onOpen(self: string | undefined): void
  /** @param refused it was never open: Core is away, or does not want us */
  onClose(refused: boolean): void
}

const FIRST_PAUSE = 500
const LONGEST_PAUSE = 15_000
/** A connection that is silent after a ping is dead, whatever the browser says. */
const PING_EVERY = 25_000
const PONG_WITHIN = 10_000

/** One WebSocket to Core that comes back by itself, in growing pauses of random length. */
export function createSocket(url: string, events: SocketEvents): Socket {
  let socket: WebSocket | undefined
  let attempts = 0
  let next: ReturnType<typeof setTimeout> | undefined
  let silence: ReturnType<typeof setTimeout> | undefined
  let closed = false

  function connect(): void {
    clearTimeout(next)
    let opened = false
    const current = new WebSocket(url)
    socket = current
    current.addEventListener('open', () => {
      opened = true
      attempts = 0
      listenForSilence()
    })
    current.addEventListener('message', ({ data }) => {
      if (socket !== current) return
      listenForSilence()
      const frame: SocketFrame = JSON.parse(data)
      if (frame.event === 'connected') events.onOpen(frame.user_id)
      else events.onFrame(frame)
    })
    current.addEventListener('close', () => {
      if (socket === current) lost(!opened)
    })
  }

  function lost(refused: boolean): void {
    socket = undefined
    clearTimeout(silence)
    if (closed) return
    events.onClose(refused)
    const pause = Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** attempts++)
    next = setTimeout(connect, pause * (0.5 + Math.random() / 2))
  }

  function listenForSilence(): void {
    clearTimeout(silence)
    silence = setTimeout(() => {
      send({ event: 'ping' })
      silence = setTimeout(giveUp, PONG_WITHIN)
    }, PING_EVERY)
  }

  /** Does not wait for the closing handshake: nobody is there to answer it. */
  function giveUp(): void {
    socket?.close()
    lost(false)
  }

  function send(frame: object): boolean {
    if (socket?.readyState !== WebSocket.OPEN) return false
    socket.send(JSON.stringify(frame))
    return true
  }

  connect()
  return {
    send,
    wake() {
      if (socket || closed) return
      attempts = 0
      connect()
    },
    close() {
      closed = true
      clearTimeout(next)
      clearTimeout(silence)
      socket?.close()
    },
  }
}
