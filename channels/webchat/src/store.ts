import type { SocketFrame, StatusReport } from '#contract'
import { type ReadonlySignal, signal } from '@preact/signals'
import { type Access, createAccess } from './access.ts'
import { type Announcer, createAnnouncer } from './announcer.ts'
import type { Api } from './api.ts'
import { type ConversationEvents, type Conversations, createConversations } from './conversations.ts'
import { createDeliveries } from './deliveries.ts'
import { createJobs, type Jobs } from './jobs.ts'
import type { Position } from './location.ts'
import { createMine, type Mine } from './mine.ts'
import { createNotifications, type Notifications } from './notifications.ts'
import { createOutbox } from './outbox.ts'
import { createOwn, type Own } from './own.ts'
import { type People, createPeople } from './people.ts'
import { type Plugins, createPlugins } from './plugins.ts'
import { type Sharing, createSharing } from './sharing.ts'
import type { Socket, SocketEvents } from './socket.ts'
import type { Storage } from './storage.ts'
import type { Device } from './subscription.ts'
import type { ChatId } from './turn.ts'
import type { Words } from './words/en.ts'

/** Everything the page knows and can do. */
export interface Store
  extends
    Pick<Access, 'session' | 'connected' | 'start' | 'wake'>,
    Pick<Own, 'drafts' | 'unsent' | 'logOut'> {
  readonly people: People
  readonly plugins: Plugins
  readonly jobs: Jobs
  readonly conversations: Conversations
  readonly sharing: Sharing
  readonly notifications: Notifications
  readonly announcer: Announcer
  /** The last message that turned out to belong to another chat than the one it was written in. */
  readonly moved: ReadonlySignal<Move | undefined>
  /** What Core says about itself. Throws `RequestFailed`. */
  status(): Promise<StatusReport>
  /** The person sees everything that is in this chat. */
  read(chat: ChatId): void
  /** The pass codes of people. */
  readonly account: Pick<Api, 'hasCode' | 'setCode' | 'removeCode'>
  readonly mine: Mine
  readonly search: Api['search']
  /** Goes on as somebody else. */
  pick(user: string): void
}

export interface Move {
  readonly from: ChatId
  readonly to: ChatId
}

interface Parts {
  readonly api: Api
  readonly storage: Storage
  readonly words: ReadonlySignal<Words>
  readonly connect: (events: SocketEvents) => Socket
  readonly findPosition: (within?: number) => Promise<Position>
  readonly device: Device
  readonly nextFrame: (run: () => void) => void
  /** Begins the page anew: somebody else is logged in, and what it holds is not theirs. */
  readonly restart: () => void
  /** Whether the person can see the page. */
  readonly isVisible: () => boolean
}

/** News that come this close together need one look at the list, in ms. */
const TOGETHER = 100

export function createStore(parts: Parts): Store {
  const { api, storage, words, connect, findPosition, nextFrame, isVisible } = parts
  const announcer = createAnnouncer(words)
  const people = createPeople(api, storage, words)
  const sharing = createSharing(storage, findPosition)
  const notifications = createNotifications({ api, storage, user: people.user, device: parts.device })
  const { storage: kept, ...own } = createOwn({ api, storage, people, sharing })
  const moved = signal<Move | undefined>(undefined)
  const lookSoon = together(() => void access.look(people.loadPreviews))
  const access = createAccess({
    api,
    connect,
    prepare: () => page.begin(),
    onFrame,
    onOpen(self) {
      if (!page.isOf(self)) return parts.restart()
      deliveries.follow(people.user.value)
      conversations.onOpen()
      void access.look(() => people.load().then(people.loadPreviews))
    },
    onClose: () => conversations.onClose(),
  })
  const conversations = createConversations({
    api,
    outbox: createOutbox(kept, words),
    transmit: access.send,
    sharesLocation: () => sharing.on.value,
    locate: sharing.locate,
    nextFrame,
    events: {
      ...toldIn(people, announcer, words),
      onMoved(from, to) {
        people.setPreview(from, undefined)
        void access.look(people.loadPreviews)
        moved.value = { from, to }
      },
      onRequestFailed: access.onRequestFailed,
    },
  })

  const deliveries = createDeliveries({
    transmit: access.send,
    isVisible,
    receive: conversations.receive,
    onReceived(chat, { text, at }) {
      people.setPreview(chat, { role: 'assistant', text, at })
      if (chat.user === people.user.value) announcer.say(text)
    },
  })

  const page = createOwnership(people, { onFirst: conversations.restore, onOther: parts.restart })

  function onFrame(frame: SocketFrame): void {
    if (frame.event === 'companions') people.setCompanions(frame.companions)
    else if (frame.event === 'chat') onNews(frame)
    else if (frame.event === 'push') void deliveries.onPush(frame)
    else conversations.onFrame(frame)
  }

  function onNews({ user_id, partner, message_id }: Extract<SocketFrame, { event: 'chat' }>): void {
    conversations.onNews({ user: user_id, partner }, message_id)
    if (user_id === people.user.value) lookSoon()
  }

  return {
    session: access.session,
    connected: access.connected,
    start: access.start,
    wake() {
      access.wake()
      deliveries.onSeen()
    },
    people,
    plugins: createPlugins(api, access.onRequestFailed),
    jobs: createJobs(api, access.onRequestFailed),
    conversations,
    sharing,
    notifications,
    ...own,
    announcer,
    moved,
    status: api.status,
    account: api,
    mine: createMine({ api, storage: kept, notifications }),
    search: api.search,
    read: (chat) => void access.look(() => people.markRead(chat)),
    pick(user) {
      people.pick(user)
      deliveries.follow(user)
      announcer.hush()
      void access.look(people.loadPreviews)
    },
  }
}

/** Whose this page is: what it holds is of the first one who was logged in. */
function createOwnership(people: People, events: { onFirst: () => void; onOther: () => void }) {
  let first: { readonly self: string | undefined } | undefined
  const isOf = (self: string | undefined): boolean => !first || first.self === self
  return {
    isOf,
    /** Throws `RequestFailed`. */
    async begin(): Promise<void> {
      await people.load()
      if (!isOf(people.self.value)) return events.onOther()
      if (!first) events.onFirst()
      first = { self: people.self.value }
    },
  }
}

/** Does it once for all calls that come close together. */
function together(act: () => void): () => void {
  let waiting: ReturnType<typeof setTimeout> | undefined
  return () => {
    clearTimeout(waiting)
    waiting = setTimeout(act, TOGETHER)
  }
}

/** What happens in a chat shows in the list too, and is said to who cannot see it, when it is theirs. */
function toldIn(
  people: People,
  announcer: Announcer,
  words: ReadonlySignal<Words>,
): Omit<ConversationEvents, 'onMoved' | 'onRequestFailed'> {
  const isTheirs = ({ user }: ChatId): boolean => user === people.user.value
  return {
    onAsked: (turn) => people.setPreview(turn, { role: 'user', text: turn.text, at: turn.at }),
    onAnswering: (turn) =>
      isTheirs(turn) && announcer.say(words.value.answering(people.nameOf(turn.partner))),
    onAnswered(turn, text) {
      people.setPreview(turn, { role: 'assistant', text, at: new Date().toISOString() })
      if (isTheirs(turn)) announcer.say(text)
    },
    onAway: (turn, text) => isTheirs(turn) && announcer.say(text),
    onFailed: (turn, code, problem) =>
      isTheirs(turn) && announcer.alert(words.value.notAnswered(words.value.problem(code, problem))),
    onHistory: (chat, newest) => newest && people.setPreview(chat, newest),
  }
}
