import { COMPANION_USER } from '#contract'
import { type Chats, SYSTEM } from '../chats/chats.ts'
import type { Sql } from '../database.ts'
import { timeOrderedId } from '../time-ordered-id.ts'
import { isKeptByCore, type NewDelivery, type Outbox } from './delivery.ts'

export interface EnqueueParts {
  readonly sql: Sql
  readonly chats: Pick<Chats, 'say' | 'lastChannel'>
  readonly now: () => number
  /** Called when the transaction of a message has ended, well or not. */
  readonly wake: (userId: string, partner: string) => void
}

/** The writing end of the outbox. */
export function createEnqueue({ sql, chats, now, wake }: EnqueueParts): Outbox['enqueue'] {
  const known = sql
    .prepare(
      'select id from delivery where source_kind = ? and source_id = ? and user_id = ? and dedupe_key = ?',
    )
    .pluck()
  const insert = sql.prepare(
    `insert into delivery (id, user_id, partner, channel, recipient, text, format, reason, late, source_kind, source_id,
       dedupe_key, state, next_at, created_at, changed_at)
     values (@id, @user_id, @partner, @channel, @recipient, @text, @format, @reason, @late, @kind, @source,
       @dedupe_key, 'waiting', @next_at, @at, @at)`,
  )

  return (message) => {
    const { user_id, partner, source } = message
    const dedupe_key = dedupeKeyOf(message)
    const before = known.get(source.kind, source.id, user_id, dedupe_key)
    if (typeof before === 'string') return before
    const at = now()
    const id = source.kind === 'turn' ? source.id : timeOrderedId(at)
    const next_at = at + (message.wait ?? 0)
    insert.run({ ...columnsOf(message), ...placeOf(message), id, dedupe_key, at, next_at })
    if (source.kind !== 'turn') storeInChat(id, message)
    queueMicrotask(() => wake(user_id, partner))
    return id
  }

  /** Where the key leads, as it is now: the recipient does not change any more. */
  function placeOf({ user_id, key }: NewDelivery): { channel: string | null; recipient: string | null } {
    const place = key === undefined ? undefined : chats.lastChannel(user_id, key)
    return { channel: place?.channel ?? null, recipient: place?.sender ?? null }
  }

  function storeInChat(id: string, { user_id, partner, text, reason, late }: NewDelivery): void {
    if (!isKeptByCore(user_id, partner)) return
    const channel = partner === SYSTEM ? SYSTEM : COMPANION_USER
    const mark = { ...(reason && { reason }), ...(late && { late: true as const }) }
    chats.say({ id, user_id, partner, text, channel, mark })
  }
}

/** A turn has one answer. */
const dedupeKeyOf = ({ source, dedupe_key }: NewDelivery): string | null =>
  source.kind === 'turn' ? 'answer' : (dedupe_key ?? null)

const columnsOf = (message: NewDelivery) => ({
  user_id: message.user_id,
  partner: message.partner,
  text: message.text,
  format: message.format ?? 'plain',
  reason: message.reason ?? null,
  late: message.late ? 1 : 0,
  kind: message.source.kind,
  source: message.source.id,
})
