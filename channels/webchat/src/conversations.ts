import type { Reply, SocketFrame } from '#contract'
import type { ReadonlySignal } from '@preact/signals'
import { createAnswers } from './answers.ts'
import type { Api } from './api.ts'
import type { Chat } from './chat.ts'
import { createChats } from './chats.ts'
import { createHistories, type Histories, type HistoryEvents } from './histories.ts'
import type { Outbox } from './outbox.ts'
import { createSending, type Sending } from './sending.ts'
import { type ChatId, type Turn, chatKey, isSettled } from './turn.ts'

/** The chats of all identities, what comes into them and what goes out of them. */
export interface Conversations extends Histories, Omit<Sending, 'sendWaiting' | 'holdBack'> {
  chat(id: ChatId): ReadonlySignal<Chat>
  /** The words of an answer that is arriving. */
  words(turnId: string): ReadonlySignal<string>
  onFrame(frame: SocketFrame): void
  /** Something is new in a chat, or was read. What this page sent itself it knows. */
  onNews(id: ChatId, messageId: string | undefined): void
  /** Takes up what an earlier visit of whoever is logged in left. */
  restore(): void
  onOpen(): void
  onClose(): void
}

export interface ConversationEvents extends HistoryEvents {
  onAsked(turn: Turn): void
  /** The message was for another partner than the one it was written to: the turn is in that chat now. */
  onMoved(from: Turn, to: Turn): void
  onAnswering(turn: Turn): void
  onAnswered(turn: Turn, text: string): void
  /** The companion was not there. */
  onAway(turn: Turn, text: string): void
  onFailed(turn: Turn, code: string, problem: string): void
}

/** Problems that are not Core's refusal: it keeps the message, as it does for those from 500 on. */
const AFTER_IT_WAS_KEPT: ReadonlySet<string> = new Set(['cancelled', 'plugin_refused'])

type ErrorFrame = Extract<SocketFrame, { event: 'error' }>

interface Parts {
  readonly api: Pick<Api, 'history' | 'choose'>
  readonly outbox: Outbox
  /** False when there is no connection. */
  readonly transmit: (frame: object) => boolean
  readonly sharesLocation: () => boolean
  readonly locate: () => Promise<string | undefined>
  readonly nextFrame: (run: () => void) => void
  readonly events: ConversationEvents
}

/** News of one chat that come this close together need one look, in ms. */
const TOGETHER = 60

export function createConversations(parts: Parts): Conversations {
  const { api, outbox, events, nextFrame } = parts
  let answered = 0
  const looking = new Map<string, ReturnType<typeof setTimeout>>()
  const chats = createChats()
  const answers = createAnswers(nextFrame)
  const histories = createHistories({ api, chats, outbox, events, answered: () => answered })
  const { sendWaiting, holdBack, ...sending } = createSending({
    ...parts,
    chats,
    answers,
    onAsked: events.onAsked,
  })

  function grow(turn: Turn, text: string): void {
    answers.grow(turn.id, text)
    if (turn.state.name !== 'sent') return
    chats.setState(turn, { name: 'answering' })
    events.onAnswering(turn)
  }

  function complete(turn: Turn, { text, images = [], why, request_id }: Reply): void {
    outbox.forget(turn.id)
    const at = new Date().toISOString()
    const state = { name: 'answered', text, images, why, at, turn: request_id, order: answered++ } as const
    chats.setState(turn, state)
    events.onAnswered(turn, text)
  }

  function settle(turn: Turn, state: Turn['state']): void {
    outbox.keep({ ...turn, state })
    chats.setState(turn, state)
  }

  /** By a word at its beginning ("Veda, …") a message is for another partner: then that chat is where it belongs, and there it is new. */
  function moved(turn: Turn, partner: string): Turn {
    const there = { ...turn, partner, replaces: undefined }
    chats.remove(turn)
    chats.add(there)
    outbox.keep(there)
    events.onMoved(turn, there)
    return there
  }

  function onReply(turn: Turn, reply: Reply, isMoved: boolean): void {
    answers.forget(turn.id)
    if (reply.offline) {
      settle(turn, { name: 'offline', text: reply.text })
      return events.onAway(turn, reply.text)
    }
    complete(turn, reply)
    if (turn.restored || isMoved) void histories.refresh(turn)
  }

  function onError(turn: Turn, { code, status, error: problem }: ErrorFrame): void {
    answers.forget(turn.id)
    if (code === 'stopping') return settle(turn, { name: 'waiting' })
    const refused = status < 500 && !AFTER_IT_WAS_KEPT.has(code) ? true : undefined
    settle(turn, { name: 'failed', problem, code, refused })
    events.onFailed(turn, code, problem)
  }

  return {
    chat: chats.chat,
    words: answers.words,
    ...histories,
    ...sending,
    onFrame(frame) {
      if (frame.event !== 'delta' && frame.event !== 'reply' && frame.event !== 'error') return
      const turn = chats.find(frame.id)
      if (!turn || isSettled(turn)) return
      const { partner = turn.partner } = frame
      const here = partner === turn.partner ? turn : moved(turn, partner)
      if (frame.event === 'delta') grow(here, frame.text)
      else if (frame.event === 'reply') onReply(here, frame, here !== turn)
      else onError(here, frame)
    },
    onNews(id, messageId) {
      if (chats.find(messageId) || !chats.chat(id).value.loaded) return
      clearTimeout(looking.get(chatKey(id)))
      looking.set(
        chatKey(id),
        setTimeout(() => void histories.refresh(id), TOGETHER),
      )
    },
    restore() {
      for (const turn of outbox.restore(Date.now())) chats.add(turn)
    },
    onOpen: sendWaiting,
    onClose: holdBack,
  }
}
