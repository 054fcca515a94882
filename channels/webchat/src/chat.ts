import type { HistoryPage } from '#contract'
import { type Message, type Turn, isKeptByPlugin, isUnanswered } from './turn.ts'

/** One chat as this page knows it: what is stored, and the turns of this page that the stored part may lack. */
export interface Chat {
  /** Oldest first, without a gap. */
  readonly messages: readonly Message[]
  /** There are older ones. */
  readonly more: boolean
  readonly loading: 'no' | 'newest' | 'older'
  readonly loaded: boolean
  /** Why the history could not be read. */
  readonly problem: string | undefined
  /** In the order they were written. */
  readonly turns: readonly Turn[]
  /** Which version of an exchange the person looks at, by the first one; until the history says which one counts. */
  readonly chosen: ReadonlyMap<string, string>
}

export const emptyChat: Chat = {
  messages: [],
  more: false,
  loading: 'no',
  loaded: false,
  problem: undefined,
  turns: [],
  chosen: new Map(),
}

/** Both clocks may differ by this much when a stored message is compared with a turn of an earlier visit. */
const CLOCKS_DIFFER = 60_000

/** A new turn. Nothing that is stored by now can be its message. */
export function withTurn(chat: Chat, turn: Turn): Chat {
  const after = turn.restored ? undefined : chat.messages.at(-1)?.seq
  const { chosen } = turn.replaces === undefined ? chat : withChosen(chat, turn.replaces, undefined)
  return { ...chat, chosen, turns: [...chat.turns, { ...turn, after }] }
}

/** @param exchange undefined: the one that counts */
export function withChosen(chat: Chat, root: string, exchange: string | undefined): Chat {
  const chosen = new Map(chat.chosen)
  if (exchange === undefined) chosen.delete(root)
  else chosen.set(root, exchange)
  return { ...chat, chosen }
}

export const withoutTurn = (chat: Chat, id: string): Chat => ({
  ...chat,
  turns: chat.turns.filter((turn) => turn.id !== id),
})

export const withTurnChanged = (chat: Chat, id: string, change: Partial<Turn>): Chat => ({
  ...chat,
  turns: chat.turns.map((turn) => (turn.id === id ? { ...turn, ...change } : turn)),
})

/** Older messages go in front. */
export function withOlder(chat: Chat, page: HistoryPage): Chat {
  const first = chat.messages[0]?.seq ?? Infinity
  const older = page.messages.filter((message) => message.seq < first)
  return {
    ...chat,
    messages: [...older, ...chat.messages],
    more: page.more,
    loading: 'no',
    problem: undefined,
  }
}

/**
 * The newest page. Turns that were answered before it was asked for are in it, so they go;
 * so does an unanswered one that was answered elsewhere. Nothing unsent ever goes.
 * @param answered how many answers there were when the page was asked for
 */
export function withNewest(chat: Chat, page: HistoryPage, answered: number): Chat {
  const first = page.messages[0]?.seq ?? Infinity
  const joins = chat.messages.some((message) => page.messages.some(({ seq }) => seq === message.seq))
  const known = joins ? chat.messages.filter((message) => message.seq < first) : []
  const stored = new Map(page.messages.map((message) => [message.id, message]))
  const gone = (turn: Turn): boolean =>
    (turn.state.name === 'answered' && turn.state.order < answered) ||
    (isUnanswered(turn) && stored.has(turn.id) && !stored.get(turn.id)?.failed)
  return {
    ...chat,
    messages: [...known, ...page.messages],
    more: joins ? chat.more : page.more,
    loading: 'no',
    loaded: true,
    problem: undefined,
    turns: chat.turns.filter((turn) => !gone(turn)),
    chosen: emptyChat.chosen,
  }
}

/** What the history does not have, or not yet; its next page decides. */
export const withDelivered = (chat: Chat, message: Message): Chat => ({
  ...chat,
  messages: [...chat.messages, { ...message, seq: (chat.messages.at(-1)?.seq ?? 0) + 0.5 }],
})

/** What the chat shows, in order: each turn where its message is stored, or else at the end. */
export function timelineOf(chat: Chat): (Message | Turn)[] {
  const { owners, answers } = coveredByTurns(chat)
  const placed = new Set(owners.values())
  return [
    ...chat.messages.flatMap((message) => {
      const turn = owners.get(message)
      if (turn) return { ...turn, aside: message.aside }
      return answers.has(message) ? [] : message
    }),
    ...chat.turns.filter((turn) => !placed.has(turn)),
  ]
}

/** Stored messages that a turn of this page stands for: its own, and the answer that belongs to it. */
function coveredByTurns({ messages, turns }: Chat): { owners: Map<Message, Turn>; answers: Set<Message> } {
  const owners = new Map<Message, Turn>()
  const answers = new Set<Message>()
  for (const turn of turns) {
    const at = messages.findIndex((message) => !owners.has(message) && isSame(message, turn))
    const own = messages[at]
    if (!own) continue
    owners.set(own, turn)
    const isAnswer = (message: Message): boolean =>
      message.role === 'assistant' && message.turn === own.turn && !answers.has(message)
    const answer = own.failed ? undefined : messages.slice(at).find(isAnswer)
    if (answer && turn.state.name !== 'failed') answers.add(answer)
  }
  return { owners, answers }
}

/** Where the `message_id` is not known, the words and the time have to do. */
function isSame(message: Message, turn: Turn): boolean {
  if (message.role !== 'user') return false
  if (!isKeptByPlugin(turn)) return message.id === turn.id
  if (message.seq <= (turn.after ?? -1)) return false
  if (isUnanswered(turn) && !message.failed) return false
  return message.text === turn.text && Date.parse(message.at) >= Date.parse(turn.at) - CLOCKS_DIFFER
}
