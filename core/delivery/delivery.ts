import { COMPANION_USER } from '#contract'
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
  /** A channel key (`channelKeyOf`); without one, wherever the person is. It never leads to somebody else. */
  readonly key?: string | undefined
  /** Why it comes, in words for the person: "reminder you set on Monday". */
  readonly reason?: string | undefined
  readonly source: DeliverySource
  /** Again from the same source to the same person, it is the same message: nothing is added, the first id comes back. */
  readonly dedupe_key?: string | undefined
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
