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
  /** Who the person writes as: `companion` or the id of a user. */
  readonly user: ReadonlySignal<string>
  /** Remembered for the next visit. */
  pick(user: string): void
  setCompanions(companions: readonly CompanionEntry[]): void
  /** "System", or the name of the companion. */
  nameOf(partner: string): string
  companion(partner: string): CompanionEntry | undefined
  preview(chat: ChatId): Preview | undefined
  /** @param last undefined: not known */
  setPreview(chat: ChatId, last: Preview | undefined): void
  /** Asks Core who is there. Throws `RequestFailed`. */
  load(): Promise<void>
  /** The last lines of the picked identity. Throws `RequestFailed`. */
  loadPreviews(): Promise<void>
}

export const isThere = ({ state }: CompanionEntry): boolean => state === 'ready' || state === 'degraded'

export function createPeople(api: Api, storage: Storage, words: ReadonlySignal<Words>): People {
  const users = signal<readonly UserEntry[]>([])
  const companions = signal<readonly CompanionEntry[]>([])
  const user = signal(storage.get('identity') ?? COMPANION)
  const previews = signal<ReadonlyMap<string, Preview>>(new Map())
  const byId = computed(() => new Map(companions.value.map((companion) => [companion.id, companion])))

  function setPreview(chat: ChatId, last: Preview | undefined): void {
    const next = new Map(previews.value)
    if (last) next.set(chatKey(chat), last)
    else next.delete(chatKey(chat))
    previews.value = next
  }

  function pick(identity: string): void {
    user.value = identity
    storage.set('identity', identity)
  }

  async function loadPreviews(): Promise<void> {
    const identity = user.value
    for (const { partner, last } of await api.chats(identity)) {
      if (last) setPreview({ user: identity, partner }, last)
    }
    if (identity === COMPANION) await Promise.all(companions.value.filter(isThere).map(askForLast))
  }

  /** An uncombined chat is kept by the companion itself, so Core's list lacks it. */
  async function askForLast({ id }: CompanionEntry): Promise<void> {
    const chat = { user: COMPANION, partner: id }
    const last = (await api.history(chat, { limit: 1 })).messages.at(-1)
    if (last) setPreview(chat, last)
  }

  return {
    users,
    companions,
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
    async load() {
      ;[users.value, companions.value] = await Promise.all([api.users(), api.companions()])
      if (!users.value.some(({ id }) => id === user.value)) pick(COMPANION)
    },
    loadPreviews,
  }
}
