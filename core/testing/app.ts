import { once } from 'node:events'
import { WebSocket } from 'ws'
import type { InboxMessage, SocketFrame } from '#contract'
import type { RunningCore } from './core.ts'

/** A Companion client on `/ws`. It keeps what it has seen, as an app on a phone would. */
export interface App {
  /** What the person saw, in this order, each once. */
  readonly seen: readonly InboxMessage[]
  /** How often something came that the person had seen before. */
  readonly again: number
  readonly frames: readonly SocketFrame[]
  connect(core: Pick<RunningCore, 'url' | 'key'>, options?: { after?: string }): Promise<void>
  send(frame: object): void
  /** Breaks the connection off, as a lost network does. */
  drop(): void
}

export interface AppOptions {
  /** False for one that shows and never says so. */
  readonly acknowledges?: boolean
  /** Before and after it says that it has something. */
  readonly onStep?: (step: 'shown' | 'acknowledged') => void
  readonly onClose?: () => void
}

export function createApp(userId: string, { acknowledges = true, onStep, onClose }: AppOptions = {}): App {
  const seen: InboxMessage[] = []
  const known = new Set<string>()
  const frames: SocketFrame[] = []
  let socket: WebSocket | undefined
  let again = 0

  function hear(from: WebSocket, frame: SocketFrame): void {
    frames.push(frame)
    if (frame.event !== 'push') return
    const { event: _, ...message } = frame
    if (known.has(message.id)) again++
    else seen.push(message)
    known.add(message.id)
    onStep?.('shown')
    if (!acknowledges) return
    from.send(JSON.stringify({ event: 'ack', ids: [message.id] }))
    onStep?.('acknowledged')
  }

  return {
    seen,
    frames,
    get again() {
      return again
    },
    async connect({ url, key }, { after } = {}) {
      const opening = new WebSocket(`${url.replace('http', 'ws')}/ws`, { headers: { 'X-API-Key': key } })
      socket = opening
      opening.on('error', () => {})
      opening.on('close', () => onClose?.())
      opening.on('message', (data) => hear(opening, JSON.parse(String(data))))
      await Promise.race([
        once(opening, 'open'),
        once(opening, 'close').then(() => Promise.reject(new Error('refused'))),
      ])
      opening.send(JSON.stringify({ event: 'register', user_id: userId, ...(after && { after }) }))
    },
    send: (frame) => socket?.send(JSON.stringify(frame)),
    drop: () => socket?.terminate(),
  }
}
