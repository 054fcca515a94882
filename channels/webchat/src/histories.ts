import { type Api, RequestFailed } from './api.ts'
import { type Chat, withChosen, withDelivered, withNewest, withOlder } from './chat.ts'
import type { Chats } from './chats.ts'
import { isDelivered } from './deliveries.ts'
import type { Outbox } from './outbox.ts'
import type { ChatId, Message } from './turn.ts'

/** Brings stored messages into the chats. What goes wrong stands in the chat it concerns. */
export interface Histories {
  /** The newest page; what the chat showed before stays until it is here. */
  refresh(id: ChatId): Promise<void>
  loadOlder(id: ChatId): Promise<void>
  /** Somebody spoke without being asked: the chat shows it. One that was never opened reads it when it is. */
  receive(id: ChatId, message: Message): Promise<void>
  /** Shows the version of an exchange that this message stands in. */
  showMessage(id: ChatId, seq: number): void
  /** Shows a version of an exchange, and from now on it counts. @param root the first version */
  choose(id: ChatId, root: string, exchange: string): Promise<void>
  /** Until this message is there, or the beginning of the chat. */
  loadUntil(id: ChatId, seq: number): Promise<void>
}

export interface HistoryEvents {
  onHistory(id: ChatId, newest: Message | undefined): void
  onRequestFailed(error: RequestFailed): void
}

/** Until what is loading is there, in ms. */
const SOON = 50
/** As many messages as Core gives at once. */
const LARGE_PAGE = 200

interface Parts {
  readonly api: Pick<Api, 'history' | 'choose'>
  readonly chats: Chats
  readonly outbox: Outbox
  readonly events: HistoryEvents
  /** How many answers came during this visit. */
  readonly answered: () => number
}

export function createHistories({ api, chats, outbox, events, answered }: Parts): Histories {
  async function load(
    id: ChatId,
    loading: 'newest' | 'older',
    request: () => Promise<(chat: Chat) => Chat>,
  ): Promise<void> {
    if (chats.chat(id).value.loading === loading) return
    chats.update(id, (chat) => ({ ...chat, loading }))
    try {
      const change = await request()
      chats.update(id, (chat) => forgettingGone(chat, change(chat)))
    } catch (error) {
      if (!(error instanceof RequestFailed)) throw error
      chats.update(id, (chat) => ({ ...chat, loading: 'no', problem: error.message }))
      events.onRequestFailed(error)
    }
  }

  async function loadOlder(id: ChatId, limit?: number): Promise<void> {
    await load(id, 'older', async () => {
      const before = chats.chat(id).value.messages[0]?.seq
      const page = await api.history(id, { before, ...(limit && { limit }) })
      return (chat) => (chat.messages[0]?.seq === before ? withOlder(chat, page) : { ...chat, loading: 'no' })
    })
  }

  function forgettingGone(before: Chat, after: Chat): Chat {
    const kept = new Set(after.turns.map(({ id }) => id))
    for (const { id } of before.turns) if (!kept.has(id)) outbox.forget(id)
    return after
  }

  const refresh = (id: ChatId): Promise<void> =>
    load(id, 'newest', async () => {
      const before = answered()
      const page = await api.history(id, {})
      events.onHistory(id, page.messages.at(-1))
      return (chat) => withNewest(chat, page, before)
    })

  return {
    refresh,
    async receive(id, message) {
      const chat = chats.chat(id)
      const isThere = (): boolean => isDelivered(id, chat.value.messages, message)
      if (!chat.value.loaded) return
      if (!isThere()) await refresh(id)
      if (!isThere()) chats.update(id, (chat) => withDelivered(chat, message))
    },
    loadOlder,
    showMessage(id, wanted) {
      const found = chats.chat(id).value.messages.find(({ seq }) => seq === wanted)
      const { turn, version_of: root = turn } = found ?? {}
      if (turn && root) chats.update(id, (chat) => withChosen(chat, root, turn))
    },
    async choose(id, root, exchange) {
      chats.update(id, (chat) => withChosen(chat, root, exchange))
      try {
        await api.choose(exchange)
      } catch (error) {
        if (!(error instanceof RequestFailed)) throw error
        events.onRequestFailed(error)
      }
    },
    async loadUntil(id, seq) {
      for (;;) {
        const { messages, more, problem, loading } = chats.chat(id).value
        if (!more || problem || (messages[0]?.seq ?? 0) <= seq) return
        if (loading === 'no') await loadOlder(id, LARGE_PAGE)
        else await new Promise((resolve) => setTimeout(resolve, SOON))
      }
    },
  }
}
