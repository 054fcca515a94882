import type { ChatEntry, CompanionEntry, UserEntry } from '#contract'
import { type ReadonlySignal, computed, signal } from '@preact/signals'
import type { Api } from './api.ts'
import type { Storage } from './storage.ts'
import { COMPANION, type ChatId, SYSTEM, chatKey } from './turn.ts'
import type { Words } from './words/en.ts'

/** The last line of a chat. */
export type Preview = NonNullable<ChatEntry['last']>

/** Who is there: the people of this household, their friends, and the last line of each chat. */
export interface People {
  readonly users: ReadonlySignal<readonly UserEntry[]>
  readonly companions: ReadonlySignal<readonly CompanionEntry[]>
  /** The user who is logged in; undefined: the owner. */
  readonly self: ReadonlySignal<string | undefined>
  /** Who the person writes as: `companion` or the id of a user. */
  readonly user: ReadonlySignal<string>
  /** Remembered for the next visit. */
  pick(user: string): void
  setCompanions(companions: readonly CompanionEntry[]): void
  /** "System", or the name of the companion. */
  nameOf(partner: string): string
  companion(partner: string): CompanionEntry | undefined
  preview(chat: ChatId): Preview | undefined
  /** How many messages of it were not read yet. */
  unread(chat: ChatId): number
  /** `seq` of the newest message that was read; undefined: not known. */
  readUpTo(chat: ChatId): number | undefined
  /** It is read now. Core tells the other devices. Throws `RequestFailed`. */
  markRead(chat: ChatId): Promise<void>
  /** @param last undefined: not known */
  setPreview(chat: ChatId, last: Preview | undefined): void
  /** Asks Core who is logged in and who is there. Throws `RequestFailed`. */
  load(): Promise<void>
  /** The last lines of the picked identity. Throws `RequestFailed`. */
  loadPreviews(): Promise<void>
}

interface Mark {
  readonly read: number
  readonly unread: number
}

/** How many messages of a chat that a plugin keeps are looked at, to count the unread ones. */
const LOOKED_AT = 20

export const isThere = ({ state }: CompanionEntry): boolean => state === 'ready' || state === 'degraded'

export function createPeople(api: Api, storage: Storage, words: ReadonlySignal<Words>): People {
  const users = signal<readonly UserEntry[]>([])
  const companions = signal<readonly CompanionEntry[]>([])
  const user = signal(storage.get('identity') ?? COMPANION)
  const self = signal<string | undefined>(undefined)
  const previews = signal<ReadonlyMap<string, Preview>>(new Map())
  const marks = signal<ReadonlyMap<string, Mark>>(new Map())
  const byId = computed(() => new Map(companions.value.map((companion) => [companion.id, companion])))

  function setPreview(chat: ChatId, last: Preview | undefined): void {
    const next = new Map(previews.value)
    if (last) next.set(chatKey(chat), last)
    else next.delete(chatKey(chat))
    previews.value = next
  }

  const setMark = (chat: ChatId, mark: Mark): void =>
    void (marks.value = new Map(marks.value).set(chatKey(chat), mark))

  function pick(identity: string): void {
    user.value = identity
    storage.set('identity', identity)
  }

  async function loadPreviews(): Promise<void> {
    const identity = user.value
    const entries = await api.chats(identity)
    for (const { partner, last, read = 0, unread = 0 } of entries) {
      const chat = { user: identity, partner }
      if (last) setPreview(chat, last)
      setMark(chat, { read, unread })
    }
    if (identity === COMPANION) await Promise.all(companions.value.filter(isThere).map(askForLast))
  }

  /** An uncombined chat is kept by the companion itself, so Core's list lacks it. */
  async function askForLast({ id }: CompanionEntry): Promise<void> {
    const chat = { user: COMPANION, partner: id }
    const { messages } = await api.history(chat, { limit: LOOKED_AT })
    const last = messages.at(-1)
    if (last) setPreview(chat, last)
    const read = marks.value.get(chatKey(chat))?.read
    if (read === undefined) return
    setMark(chat, {
      read,
      unread: messages.filter(({ role, seq }) => role === 'assistant' && seq > read).length,
    })
  }

  return {
    users,
    companions,
    self,
    user,
    pick,
    setCompanions(found) {
      companions.value = found
    },
    nameOf: (partner) =>
      partner === SYSTEM ? words.value.system : (byId.value.get(partner)?.name ?? partner),
    companion: (partner) => byId.value.get(partner),
    preview: (chat) => previews.value.get(chatKey(chat)),
    setPreview,
    unread: (chat) => marks.value.get(chatKey(chat))?.unread ?? 0,
    readUpTo: (chat) => marks.value.get(chatKey(chat))?.read,
    async markRead(chat) {
      await api.markRead(chat)
      const mark = marks.value.get(chatKey(chat))
      if (mark) setMark(chat, { ...mark, unread: 0 })
    },
    async load() {
      const [session, known, friends] = await Promise.all([api.session(), api.users(), api.companions()])
      users.value = known
      companions.value = friends
      self.value = session.user_id
      if (session.user_id !== undefined) user.value = session.user_id
      else if (!users.value.some(({ id }) => id === user.value)) pick(COMPANION)
    },
    loadPreviews,
  }
}
