import type { Reply, SocketFrame } from '#contract'
import type { ReadonlySignal } from '@preact/signals'
import { createAnswers } from './answers.ts'
import type { Api } from './api.ts'
import type { Chat } from './chat.ts'
import { createChats } from './chats.ts'
import { createHistories, type Histories, type HistoryEvents } from './histories.ts'
import type { Outbox } from './outbox.ts'
import { createSending, type Sending } from './sending.ts'
import { type ChatId, type Turn, isSettled } from './turn.ts'

/** The chats of all identities, what comes into them and what goes out of them. */
export interface Conversations extends Histories, Omit<Sending, 'sendWaiting' | 'holdBack'> {
  chat(id: ChatId): ReadonlySignal<Chat>
  /** The words of an answer that is arriving. */
  words(turnId: string): ReadonlySignal<string>
  onFrame(frame: SocketFrame): void
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
  onFailed(turn: Turn, problem: string): void
}

interface Parts {
  readonly api: Pick<Api, 'history'>
  readonly outbox: Outbox
  /** False when there is no connection. */
  readonly transmit: (frame: object) => boolean
  readonly sharesLocation: () => boolean
  readonly locate: () => Promise<string | undefined>
  readonly nextFrame: (run: () => void) => void
  readonly events: ConversationEvents
}

export function createConversations(parts: Parts): Conversations {
  const { api, outbox, events, nextFrame } = parts
  let answered = 0
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

  function complete(turn: Turn, { text, images = [] }: Reply): void {
    outbox.forget(turn.id)
    const at = new Date().toISOString()
    chats.setState(turn, { name: 'answered', text, images, at, order: answered++ })
    events.onAnswered(turn, text)
  }

  function settle(turn: Turn, state: Turn['state']): void {
    outbox.keep({ ...turn, state })
    chats.setState(turn, state)
  }

  /** By a word at its beginning ("Veda, …") a message is for another partner: then that chat is where it belongs. */
  function moved(turn: Turn, partner: string): Turn {
    const there = { ...turn, partner }
    chats.remove(turn)
    chats.add(there)
    events.onMoved(turn, there)
    return there
  }

  function onReply(written: Turn, reply: Reply): void {
    answers.forget(written.id)
    const turn = written.partner === reply.partner ? written : moved(written, reply.partner)
    if (reply.offline) {
      settle(turn, { name: 'offline', text: reply.text })
      return events.onAway(turn, reply.text)
    }
    complete(turn, reply)
    if (turn.restored || turn !== written) void histories.refresh(turn)
  }

  function onError(turn: Turn, code: string, problem: string): void {
    answers.forget(turn.id)
    if (code === 'stopping') return settle(turn, { name: 'waiting' })
    settle(turn, { name: 'failed', problem })
    events.onFailed(turn, problem)
  }

  for (const turn of outbox.restore(Date.now())) chats.add(turn)

  return {
    chat: chats.chat,
    words: answers.words,
    ...histories,
    ...sending,
    onFrame(frame) {
      if (frame.event !== 'delta' && frame.event !== 'reply' && frame.event !== 'error') return
      const turn = chats.find(frame.id)
      if (!turn || isSettled(turn)) return
      if (frame.event === 'delta') grow(turn, frame.text)
      else if (frame.event === 'reply') onReply(turn, frame)
      else onError(turn, frame.code, frame.error)
    },
    onOpen: sendWaiting,
    onClose: holdBack,
  }
}
