import {
  COMPANION_USER,
  type DeliveryEntry,
  type Format,
  type InboxMessage,
  type InboxPage,
  type RegisteredChannel,
} from '#contract'
import type { PushDevices } from './push/push.ts'
import { SYSTEM } from '../chats/chats.ts'

/** What caused a message. An answer (`turn`) is in its chat already, and its delivery has the id of its turn. */
export interface DeliverySource {
  readonly kind: 'job' | 'plugin' | 'turn'
  /** The job, the plugin, or the turn. */
  readonly id: string
}

/** A message that is not the answer to a waiting request. */
export interface NewDelivery {
  /** Whose it is: a user id of user.yml, or `companion` for the uncombined app. */
  readonly user_id: string
  /** The chat that it belongs to: `system`, or the id of a companion. */
  readonly partner: string
  readonly text: string
  readonly format?: Format | undefined
  /**
   * `channel:<name>` or `<app_id>:<user_id>:<session_id>`: where this person wrote from. Any other key (`default`,
   * `companion`, a user id, a place where the person never was) means wherever the person is: it never leads to
   * somebody else.
   */
  readonly key?: string | undefined
  /** Why it comes, in words for the person: "reminder you set on Monday". */
  readonly reason?: string | undefined
  readonly source: DeliverySource
  /** Again from the same source to the same person, it is the same message: nothing is added, the first id comes back. */
  readonly dedupe_key?: string | undefined
  /** How long nothing is sent, in ms: for as long as somebody may still come and fetch it. */
  readonly wait?: number | undefined
  /** It comes later than it should have. */
  readonly late?: boolean | undefined
}

export interface Outbox {
  /**
   * Stores the message, in its chat (unless the companion's plugin keeps that) and in the outbox, and has it sent once
   * that is on disk. To be called inside the transaction of its cause (`database.write`): both are stored or neither.
   * @returns the stable id, under which clients and bridges know the message
   */
  enqueue(message: NewDelivery): string
}

/** The channel key of a message: what it asks for goes back to where it came from. */
export const channelKeyOf = (userId: string, channel: string): string =>
  userId === COMPANION_USER ? COMPANION_USER : `channel:${channel}`

/** Whether Core keeps this chat; else the companion's plugin does (design section 6). */
export const isKeptByCore = (userId: string, partner: string): boolean =>
  partner === SYSTEM || userId !== COMPANION_USER

/** What a person has not acknowledged yet, and who shows it to them. */
export interface Inbox {
  /**
   * From now on this client gets what is for this person, first what nobody acknowledged yet, oldest first, each once
   * per connection. @param after an id: also what others of the same person acknowledged after it. Gives the undo.
   */
  connect(userId: string, client: Client, after?: string): () => void
  /** Oldest first. `after` is an id; one that is not known means from the beginning. */
  inbox(userId: string, page: { after?: string | undefined; limit: number }): InboxPage
  unread(userId: string): number
  /** Durable when it resolves. Ids of others, unknown and known ones are passed over. @returns how many were new */
  acknowledge(ids: readonly string[], mayTake: (userId: string) => boolean): Promise<number>
  /** The person got it another way: what is not on its way yet is not sent any more. Durable when it resolves. */
  withdraw(id: string): Promise<void>
  /** Takes the words of a chat out of the outbox: what was not seen is not sent any more. Durable when it resolves. */
  forget(userId: string, partner: string): Promise<void>
  /** What became of messages, newest first; of everybody when no user is given. */
  list(userId: string | undefined, limit: number): DeliveryEntry[]
  /** Sends a dead or unknown one again. @returns false when there is none of that kind */
  resend(id: string, mayTake: (userId: string) => boolean): Promise<boolean>
}

/** A connection that shows messages to a person. */
export interface Client {
  push(message: InboxMessage): void
}

/** The bridges that take messages. */
export interface Channels {
  list(): Omit<RegisteredChannel, 'secret'>[]
  /** Durable when it resolves; what waited for it is sent. Without a secret it keeps the one it had, or gets one. */
  register(
    channel: Omit<RegisteredChannel, 'secret'> & { readonly secret: string | undefined },
  ): Promise<RegisteredChannel>
  /** @returns whether there was one */
  remove(channel: string): Promise<boolean>
}

export interface Delivery extends Outbox, Inbox {
  readonly channels: Channels
  readonly push: PushDevices
  /** Goes on with what was not acknowledged when Core ended. */
  start(): Promise<void>
  /** Ends what is on its way; the next start goes on with it. */
  close(): Promise<void>
}
