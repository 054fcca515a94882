import type { InboxMessage } from '#contract'
import { type ChatId, isKeptByPlugin, type Message } from './turn.ts'

/** What nobody asked for: taken in, shown in its chat, and acknowledged once the person can see it. */
export interface Deliveries {
  /** From now on, what is for this person comes. */
  follow(user: string): void
  onPush(message: InboxMessage): Promise<void>
  /** The person looks at the page again. */
  onSeen(): void
}

interface Parts {
  readonly transmit: (frame: object) => boolean
  readonly isVisible: () => boolean
  /** Brings it into its chat. */
  readonly receive: (chat: ChatId, message: Message) => Promise<void>
  readonly onReceived: (chat: ChatId, message: Message) => void
}

export function createDeliveries({ transmit, isVisible, receive, onReceived }: Parts): Deliveries {
  const known = new Set<string>()
  /** By person: what this page got last. Meanwhile another device may have acknowledged more. */
  const last = new Map<string, string>()
  let shown: string[] = []

  /** Unless the page is seen, another device or channel of the person may have better luck. */
  function acknowledge(): void {
    if (shown.length > 0 && isVisible() && transmit({ event: 'ack', ids: shown })) shown = []
  }

  return {
    follow: (user_id) => void transmit({ event: 'register', user_id, after: last.get(user_id) }),
    async onPush(push) {
      const chat = { user: push.user_id, partner: push.partner }
      last.set(push.user_id, push.id)
      if (!known.has(push.id)) {
        known.add(push.id)
        const message = messageOf(push)
        await receive(chat, message)
        onReceived(chat, message)
      }
      shown.push(push.id)
      acknowledge()
    },
    onSeen: acknowledge,
  }
}

const messageOf = ({ id, text, created_at, reason, late }: InboxMessage): Message => ({
  id,
  seq: Infinity,
  role: 'assistant',
  text,
  at: created_at,
  ...(reason !== undefined && { reason }),
  ...(late && { late }),
})

/** Whether a history has it. A plugin has ids of its own. */
export const isDelivered = (chat: ChatId, messages: readonly Message[], wanted: Message): boolean =>
  messages.some(
    ({ id, role, text }) =>
      id === wanted.id || (isKeptByPlugin(chat) && role === 'assistant' && text === wanted.text),
  )
