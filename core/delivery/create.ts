import type { Chats } from '../chats/chats.ts'
import type { Database } from '../database.ts'
import type { Outbox } from './delivery.ts'
import { createEnqueue } from './enqueue.ts'

export interface DeliveryParts {
  readonly database: Database
  readonly chats: Pick<Chats, 'say' | 'lastChannel'>
  readonly now: () => number
}

/** The outbox and whatever empties it. */
export function createDelivery({ database, chats, now }: DeliveryParts): Outbox {
  const wake = (): void => {}
  return { enqueue: createEnqueue({ sql: database.sql, chats, now, wake }) }
}
