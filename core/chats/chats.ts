import type { ChatEntry, FoundMessage, HistoryPage, Reply } from '#contract'

/** The partner of a chat that is not a companion. */
export const SYSTEM = 'system'

/** One message of a person until its answer is stored. */
export interface NewTurn {
  /** Its id on the wire and in the log: the same each time that the message with this `message_id` comes. */
  readonly id: string
  readonly user_id: string
  /** `system` or the id of a companion. */
  readonly partner: string
  /** What the client calls its message; undefined makes it one that is never sent again. */
  readonly message_id: string | undefined
  /** Hash of everything the person sent: the same id with another hash is refused. */
  readonly hash: string
  readonly channel: string
  /** The person as the channel calls them: where its bridge sends to. Undefined when they did not send it themselves. */
  readonly sender: string | undefined
  readonly app_id: string
  readonly session_id: string | undefined
  readonly location: string | undefined
  /** Another version of the exchange that was this turn; of no meaning when there is no such turn in this chat. */
  readonly replaces: string | undefined
  /** What is stored as the person's message; undefined when the plugin keeps the chat (uncombined companion). */
  readonly message:
    | { readonly text: string; readonly files: readonly string[]; readonly channel: string }
    | undefined
  /** Why nobody can answer it now, where that is known already: unless it was answered before, it is stored as failed. */
  readonly hindrance: Hindrance | undefined
}

/** Why a turn was not answered; `detail` is shown to the person. */
export interface Hindrance {
  readonly code: string
  readonly detail: string
}

/** A turn as it is stored, for the one who runs it. */
export interface StoredTurn {
  readonly id: string
  readonly message_id: string
  readonly user_id: string
  readonly partner: string
  /** The person's message; undefined when the plugin keeps the chat. */
  readonly message: { readonly text: string; readonly channel: string; readonly at: number } | undefined
  /** It is another version of an exchange. */
  readonly isVersion: boolean
}

/** What `begin` found. */
export type Begun =
  /** Run it. It is new, or failed or was interrupted before; the person's message is stored. */
  | { readonly state: 'run'; readonly turn: StoredTurn }
  /** Nobody can answer it now, as the caller said. */
  | { readonly state: 'hindered'; readonly turn: StoredTurn }
  /** It was answered before, and this is the answer. */
  | { readonly state: 'answered'; readonly turn: StoredTurn; readonly reply: Reply }
  /** It was answered before, but the plugin keeps the chat: ask it again with the same id. */
  | { readonly state: 'kept_by_plugin'; readonly turn: StoredTurn }

/** One message of an answered exchange, for a prompt. */
export interface RecentMessage {
  readonly role: 'user' | 'assistant'
  readonly text: string
  readonly at: string
  readonly turn_id: string
}

/** A turn, for who has its id. */
export interface FoundTurn {
  readonly user_id: string
  readonly partner: string
  /** As they came: data: URLs, or addresses elsewhere. */
  readonly images: readonly string[]
}

/** Something that System or a companion says without being asked. */
export interface Said {
  readonly id: string
  readonly user_id: string
  readonly partner: string
  readonly text: string
  readonly channel: string
  /** Why it was said, and whether it is late: what the history shows beside it. */
  readonly mark: { readonly reason?: string; readonly late?: true }
}

/** Where to send what has no waiting client (seed 002 §4, §7a). */
export interface LastChannel {
  readonly channel: string
  readonly app_id: string
  readonly user_id: string
  readonly session_id: string | undefined
  /** The person as the channel calls them; empty when that is not known (a channel of an older version). */
  readonly sender: string
  readonly at: string
}

/** What people and System or the companions said to each other, and what hangs on a message's arrival. Writes are durable when they resolve, unless they say otherwise. */
export interface Chats {
  /**
   * The turn, the person's message, the last channel under its keys, the location: in one transaction. A message that
   * was never seen before and has no location is on disk with whatever ends its turn, and after 50 ms at the latest
   * (`stored`); everything else when it resolves.
   * @throws Problem `message_changed`
   */
  begin(turn: NewTurn): Promise<Begun>
  /** Resolves when the person's message is on disk, before its turn has ended. */
  stored(turn: StoredTurn): Promise<void>
  /**
   * Stores the answer; its words only when the person's message was stored. Of an exchange with several versions it is
   * the one that counts from now on.
   * @param also what else belongs into the same transaction (the turn's memory)
   */
  complete(turn: StoredTurn, reply: Reply, also?: () => unknown): Promise<void>
  /** Stores what nobody asked for. To be called inside a transaction of its cause (`database.write`). */
  say(said: Said): void
  /** What the partner said in this turn, or with `say`; undefined when Core does not keep it. */
  textOf(id: string): string | undefined
  /** Marks the turn as not answered; the same message id may run again. */
  fail(turn: StoredTurn, hindrance: Hindrance): Promise<void>
  /**
   * Takes a chat off the disk, to the last byte. No turn may run in it meanwhile.
   * `files`: names of attachments that no other message of this person has.
   */
  remove(userId: string, partner: string): Promise<{ messages: number; files: string[] }>
  /** Turns that were running when Core stopped: marks them failed and returns how many. */
  failInterrupted(hindrance: Hindrance): Promise<number>
  /** Whose a turn is, and the pictures of its answer; undefined when there is none. */
  find(turnId: string): FoundTurn | undefined
  /** The turns that are versions of the same exchange as this one, itself included. */
  versions(turnId: string): string[]
  /** From now on this version of its exchange counts, if it was answered: it stands in prompts, the others do not. */
  choose(turnId: string): Promise<void>
  /** Newest last; an unknown chat is an empty page. `before` is a `seq`. */
  history(userId: string, partner: string, page: { before?: number | undefined; limit: number }): HistoryPage
  /** The last ten answered exchanges, each in the version that counts, newest last: what goes into a prompt. */
  recent(userId: string, partner: string): readonly RecentMessage[]
  /** The chats of one person, last message first. */
  list(userId: string): ChatEntry[]
  /** Full text over all chats of one person, best first; everything said so far is in it. */
  search(userId: string, query: string, limit: number): Promise<FoundMessage[]>
  /** The latest location of this person, else the shared one of `companion` (seed 002 §9). */
  location(userId: string): { text: string; at: string } | undefined
  /**
   * Where this person was last; with a key, on that channel (`channel:<name>`) or in that session
   * (`<app_id>:<user_id>:<session_id>`). Undefined where this person never was, whoever else was there.
   */
  lastChannel(userId: string, key?: string): LastChannel | undefined
  /** Stops what it does behind the writers. */
  close(): void
}
