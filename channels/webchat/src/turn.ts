import type { COMPANION_USER, HistoryPage, Why } from '#contract'

/** Who the page acts as while nobody is picked. */
export const COMPANION: typeof COMPANION_USER = 'companion'
/** The partner of a chat that is not a companion. */
export const SYSTEM = 'system'

/** One stored message, as Core or the plugin that keeps the chat tells it. */
export type Message = HistoryPage['messages'][number]

/** A picture or file that goes with a message. */
export interface Attachment {
  readonly id: string
  readonly name: string
  /** Its media type; empty when the browser does not know. */
  readonly type: string
  /** Bytes. */
  readonly size: number
  /** A data: URL. */
  readonly url: string
}

/** One chat: an identity of this household and System or a companion. */
export interface ChatId {
  readonly user: string
  readonly partner: string
}

/** The companion's plugin keeps the chat, under ids of its own; it does not know the `message_id`. */
export const isKeptByPlugin = ({ user, partner }: ChatId): boolean => user === COMPANION && partner !== SYSTEM

/** What this page sent, or is about to send, until the history holds it. Its id is the `message_id`. */
export interface Turn extends ChatId {
  readonly id: string
  readonly text: string
  readonly attachments: readonly Attachment[]
  /** ISO 8601, by the clock of this device. */
  readonly at: string
  /** The signal of the companion; undefined for System. */
  readonly signal: string | undefined
  /** "lat,lng"; part of the message, so a retry sends the same one. */
  readonly location: string | undefined
  /** The turn of which it is another version, by the id that Core gave it. */
  readonly replaces: string | undefined
  /** Another version of it counts, as the history says. */
  readonly aside?: true | undefined
  /** `seq` of the newest message that was known when it was written. */
  readonly after: number | undefined
  /** It comes from an earlier visit of this page. */
  readonly restored: boolean
  readonly state: TurnState
}

export type TurnState =
  /** The position is being asked for. */
  | { readonly name: 'locating' }
  /** Not on its way: there is no connection. */
  | { readonly name: 'waiting' }
  /** On its way; no word of the answer yet. */
  | { readonly name: 'sent' }
  /** Words are arriving. */
  | { readonly name: 'answering' }
  | {
      readonly name: 'answered'
      readonly text: string
      readonly at: string
      readonly images: readonly string[]
      readonly why: Why | undefined
      /** The id that Core gave the turn. */
      readonly turn: string
      /** Counts the answers of this visit: what a history asked for later holds it. */
      readonly order: number
    }
  /** The companion was not there; `text` says so. */
  | { readonly name: 'offline'; readonly text: string }
  | FailedState

export interface FailedState {
  readonly name: 'failed'
  readonly problem: string
  /** Of the problem, when it is Core's. */
  readonly code?: string | undefined
  /** Nobody keeps the message but this page. */
  readonly refused?: true | undefined
}

/** It got no answer, and only its person can change that. */
export const isUnanswered = ({ state }: Turn): boolean => state.name === 'offline' || state.name === 'failed'

/** Core has it, and its answer is not complete. */
export const isOnItsWay = ({ state }: Turn): boolean => state.name === 'sent' || state.name === 'answering'

/** Neither Core nor this page will do anything more about it by itself. */
export const isSettled = (turn: Turn): boolean => turn.state.name === 'answered' || isUnanswered(turn)

/** An id for messages and attachments. Not `randomUUID`: plain http on the home network lacks it. */
export function newId(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) =>
    byte.toString(16).padStart(2, '0'),
  ).join('')
}

/** A chat as a key of maps and of storage; two chats never share one. */
export const chatKey = ({ user, partner }: ChatId): string => JSON.stringify([user, partner])
