import type { SocketFrame } from '#contract'
import { type ReadonlySignal, signal } from '@preact/signals'
import { type Announcer, createAnnouncer } from './announcer.ts'
import { type Api, RequestFailed } from './api.ts'
import { type Conversations, createConversations } from './conversations.ts'
import { type Drafts, createDrafts } from './drafts.ts'
import type { Position } from './location.ts'
import { createOutbox } from './outbox.ts'
import { type People, createPeople } from './people.ts'
import { type Sharing, createSharing } from './sharing.ts'
import type { Socket, SocketEvents } from './socket.ts'
import type { Storage } from './storage.ts'

export type Session = 'checking' | 'needed' | 'open' | 'unreachable'

/** Everything the page knows and can do. */
export interface Store {
  readonly session: ReadonlySignal<Session>
  readonly connected: ReadonlySignal<boolean>
  readonly people: People
  readonly conversations: Conversations
  readonly sharing: Sharing
  readonly drafts: Drafts
  readonly announcer: Announcer
  /** Begins, with the key when one is given, else with the cookie. False when it is refused. */
  start(key?: string): Promise<boolean>
  /** Goes on as somebody else. */
  pick(user: string): void
  /** Connects at once when there is no connection. */
  wake(): void
}

interface Parts {
  readonly api: Api
  readonly storage: Storage
  readonly connect: (events: SocketEvents) => Socket
  readonly findPosition: (within?: number) => Promise<Position>
  readonly nextFrame: (run: () => void) => void
}

/** While Core is away the page asks for it again after this time. */
const ASK_AGAIN = 2_000

export function createStore({ api, storage, connect, findPosition, nextFrame }: Parts): Store {
  const session = signal<Session>('checking')
  const connected = signal(false)
  const announcer = createAnnouncer()
  const people = createPeople(api, storage)
  const sharing = createSharing(storage, findPosition)
  let socket: Socket | undefined

  const conversations = createConversations({
    api,
    outbox: createOutbox(storage),
    transmit: (frame) => socket?.send(frame) ?? false,
    sharesLocation: () => sharing.on.value,
    locate: sharing.locate,
    nextFrame,
    events: {
      onAsked: (turn) => people.setPreview(turn, { role: 'user', text: turn.text, at: turn.at }),
      onAnswering: (turn) => announcer.say(`${people.nameOf(turn.partner)} is answering`),
      onAnswered(turn, text) {
        people.setPreview(turn, { role: 'assistant', text, at: new Date().toISOString() })
        announcer.say(text)
      },
      onFailed: (_turn, problem) => announcer.alert(`Not answered. ${problem}`),
      onHistory: (chat, newest) => newest && people.setPreview(chat, newest),
      onRequestFailed: noticeLogOut,
    },
  })

  function noticeLogOut({ status }: RequestFailed): void {
    if (status === 401) session.value = 'needed'
  }

  /** A look that failed changes nothing; the next connection looks again. */
  async function look(work: () => Promise<void>): Promise<void> {
    try {
      await work()
    } catch (error) {
      if (!(error instanceof RequestFailed)) throw error
      noticeLogOut(error)
    }
  }

  function onFrame(frame: SocketFrame): void {
    if (frame.event === 'companions') people.setCompanions(frame.companions)
    else conversations.onFrame(frame)
  }

  async function lookAround(): Promise<void> {
    await people.load()
    await people.loadPreviews()
  }

  function goOnline(): void {
    session.value = 'open'
    if (socket) return socket.wake()
    socket = connect({
      onFrame,
      onOpen() {
        connected.value = true
        conversations.onOpen()
        void look(lookAround)
      },
      onClose(refused) {
        connected.value = false
        conversations.onClose()
        if (refused) void look(api.session)
      },
    })
  }

  async function start(key?: string): Promise<boolean> {
    try {
      await (key ? api.logIn(key) : api.session())
      await people.load()
      goOnline()
      return true
    } catch (error) {
      if (!(error instanceof RequestFailed)) throw error
      const isAway = error.status === 0 || error.status >= 500
      session.value = isAway ? 'unreachable' : 'needed'
      if (isAway) setTimeout(() => void start(key), ASK_AGAIN)
      return isAway
    }
  }

  return {
    session,
    connected,
    people,
    conversations,
    sharing,
    drafts: createDrafts(storage),
    announcer,
    start,
    pick(user) {
      people.pick(user)
      void look(people.loadPreviews)
    },
    wake: () => socket?.wake(),
  }
}
