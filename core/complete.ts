import { type Reply, worthRemembering } from '#contract'
import type { Chats, StoredTurn } from './chats/chats.ts'
import { channelKeyOf, type Inbox, type NewDelivery, type Outbox } from './delivery/delivery.ts'
import type { Facts } from './facts/facts.ts'
import type { Memory, NewMemory } from './memory/memory.ts'
import { namespaceOf } from './memory/namespace.ts'
import type { Turn } from './recognize.ts'

export interface CompleteParts {
  readonly chats: Chats
  readonly memory: Memory | undefined
  /** Undefined when memory is off. */
  readonly facts: Facts | undefined
  readonly outbox: Outbox & Pick<Inbox, 'withdraw'>
}

/** Asked while the reply is stored. Undefined: whoever waited is still there. */
export type ForOutbox = () => Way | undefined

interface Way {
  /** How long it waits for somebody to fetch it, in ms. */
  readonly wait: number
}

interface Answered {
  readonly reply: Reply
  /** Something was forgotten at the person's wish, or Core itself sent the message: nothing of it is remembered. */
  readonly forgot: boolean
  readonly forOutbox: ForOutbox | undefined
}

/** The reply, what is worth remembering of the message, and the outbox row for who is gone: in one transaction. */
export async function complete(
  parts: CompleteParts,
  turn: Turn,
  stored: StoredTurn,
  answered: Answered,
): Promise<void> {
  const { memory } = parts
  const { reply, forgot, forOutbox } = answered
  const statement = memory && turn.kept && !forgot ? worthRemembering(turn.text) : undefined
  if (!statement && !forOutbox) return parts.chats.complete(stored, reply)
  return parts.chats.complete(stored, reply, () => {
    if (memory && statement) remember(parts, memory, memoryOf(turn, stored, statement))
    const way = forOutbox?.()
    if (way) parts.outbox.enqueue(deliveryOf(turn, reply, way))
  })
}

/** Noted for whoever takes statements apart. */
function remember({ facts }: CompleteParts, memory: Memory, statement: NewMemory): void {
  const { id } = memory.record(statement)
  facts?.note(id)
}

const memoryOf = ({ person, companion, message }: Turn, stored: StoredTurn, text: string): NewMemory => ({
  namespace: namespaceOf(person, companion?.id),
  text,
  app_id: message.app_id,
  source: {
    kind: 'turn',
    id: stored.id,
    speaker: person.name,
    chat: stored.partner,
    message_id: stored.message_id,
  },
})

const deliveryOf = ({ id, person, partner, message }: Turn, reply: Reply, { wait }: Way): NewDelivery => ({
  user_id: person.id,
  partner,
  text: reply.text,
  format: reply.format,
  key: channelKeyOf(person.id, message.channel_name),
  source: { kind: 'turn', id },
  wait,
})
