import type { DeliveryEntry, InboxMessage, InboxPage } from '#contract'
import type { Chats } from '../chats/chats.ts'
import { iso } from '../chats/recent.ts'
import type { Database } from '../database.ts'
import type { Clients } from './clients.ts'
import type { Client, Inbox } from './delivery.ts'
import type { ChatOf, Ledger, Row } from './ledger.ts'

export interface InboxParts {
  readonly database: Database
  readonly ledger: Ledger
  readonly clients: Clients
  readonly chats: Pick<Chats, 'textOf'>
  readonly toMessage: (row: Row) => InboxMessage
  /** Has the sender look at this chat. */
  readonly work: (chat: ChatOf) => void
  readonly inBackground: (work: Promise<unknown>) => void
  readonly now: () => number
}

/** What people have not seen yet, and what became of everything. */
export function createInbox(parts: InboxParts): Inbox {
  const { database, ledger, clients, chats, toMessage, work, inBackground, now } = parts

  /** What others of this person acknowledged while this client was away, as far as Core keeps the chat. */
  function catchUp(userId: string, client: Client, after: string): void {
    for (const row of ledger.acknowledgedSince(userId, after)) {
      const text = chats.textOf(row.id)
      if (text !== undefined) client.push(toMessage({ ...row, text }))
    }
  }

  return {
    connect(userId, client, after) {
      if (after !== undefined) catchUp(userId, client, after)
      return clients.connect(userId, client)
    },
    inbox: (userId, { after, limit }): InboxPage => ({
      messages: ledger.open(userId, after, limit).map(toMessage),
      unread: ledger.unread(userId),
    }),
    unread: ledger.unread,
    async acknowledge(ids, mayTake) {
      const rows = ids.flatMap((id) => ledger.get(id) ?? []).filter(({ user_id }) => mayTake(user_id))
      const taken = await database.write(() => rows.filter(({ id }) => ledger.acknowledge(id, now())))
      for (const user of new Set(taken.map(({ user_id }) => user_id))) inBackground(clients.pump(user))
      return taken.length
    },
    async withdraw(id) {
      const row = ledger.get(id)
      if (row && row.state !== 'acknowledged') await database.write(() => ledger.acknowledge(id, now()))
    },
    forget: (userId, partner) => database.write(() => ledger.forget(userId, partner, now())),
    list: (userId, limit) => ledger.list(userId, limit).map(toEntry),
    async resend(id, mayTake) {
      const row = ledger.get(id)
      if (!row || !mayTake(row.user_id)) return false
      if (row.state !== 'dead' && row.state !== 'unknown') return false
      const again = { state: 'waiting', next_at: now(), attempts: 0 } as const
      const marked = await database.write(() => ledger.mark(row, again, now()))
      if (marked) work(row)
      return marked
    },
  }
}

/** A row as it goes to people. */
export const toMessageOf =
  (nameOf: (partner: string) => string) =>
  (row: Row): InboxMessage => ({
    id: row.id,
    user_id: row.user_id,
    partner: row.partner,
    from_friend: nameOf(row.partner),
    text: row.text ?? '',
    format: row.format,
    source: row.source_kind,
    ...(row.reason !== null && { reason: row.reason }),
    ...(row.late && { late: true as const }),
    ...(row.repeated && { repeated: true as const }),
    created_at: iso(row.created_at),
  })

function toEntry(row: Row): DeliveryEntry {
  const { id, user_id, partner, state, attempts } = row
  return {
    id,
    user_id,
    partner,
    source: { kind: row.source_kind, id: row.source_id },
    state,
    attempts,
    ...(row.via !== null && { via: row.via }),
    ...(row.problem !== null && { problem: row.problem }),
    ...(row.late && { late: true as const }),
    ...(row.repeated && { repeated: true as const }),
    ...(row.next_at !== null && { next_at: iso(row.next_at) }),
    created_at: iso(row.created_at),
    changed_at: iso(row.changed_at),
  }
}
