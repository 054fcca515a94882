import type { RecentMessage, StoredTurn } from './chats.ts'

/** Messages of a chat that go into a prompt: ten exchanges. */
export const RECENT = 20
/** Chats whose last messages are kept at hand, and the longest text of one of them: a few MB in all. */
const CHATS = 200
const LONGEST = 20_000

/** The last exchanges of the chats that are going on, so that a turn need not read them from disk again. */
export interface Recent {
  of(userId: string, partner: string): readonly RecentMessage[]
  /** After the commit of an answer. */
  answered(turn: StoredTurn, text: string, at: number): void
  /** Something else was said in it. */
  forget(userId: string, partner: string): void
}

/** @param load reads them from disk, newest last */
export function createRecent(load: (userId: string, partner: string) => readonly RecentMessage[]): Recent {
  const chats = new Map<string, readonly RecentMessage[]>()

  function keep(key: string, messages: readonly RecentMessage[]): void {
    chats.delete(key)
    if (messages.reduce((sum, { text }) => sum + text.length, 0) > LONGEST) return
    chats.set(key, messages)
    const [oldest] = chats.keys()
    if (chats.size > CHATS && oldest !== undefined) chats.delete(oldest)
  }

  return {
    of(userId, partner) {
      const key = keyOf(userId, partner)
      const messages = chats.get(key) ?? load(userId, partner)
      keep(key, messages)
      return messages
    },
    answered({ id, user_id, partner, message }, text, at) {
      const key = keyOf(user_id, partner)
      const before = chats.get(key)
      if (!before || !message) return
      const asked = { role: 'user', text: message.text, at: iso(message.at), turn_id: id } as const
      const answer = { role: 'assistant', text, at: iso(at), turn_id: id } as const
      keep(key, [...before, asked, answer].slice(-RECENT))
    },
    forget: (userId, partner) => void chats.delete(keyOf(userId, partner)),
  }
}

const keyOf = (userId: string, partner: string): string => JSON.stringify([userId, partner])

/** When something was said, as it goes out; `at` is in ms. */
export const iso = (at: number): string => new Date(at).toISOString()
