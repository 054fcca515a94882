import type { Answers } from './answers.ts'
import type { Chats } from './chats.ts'
import type { Outbox } from './outbox.ts'
import { type Attachment, type ChatId, type Message, type Turn, isOnItsWay, newId } from './turn.ts'

/** Gets what a person writes to Core: once, in order, whatever happens to the connection. */
export interface Sending {
  send(id: ChatId, written: Written): Promise<void>
  /** Sends what was not answered once more, as the same message: Core stores it once. */
  retry(turn: Turn): void
  /** The same for one that only the history of Core knows. */
  retryStored(id: ChatId, message: Message, signal: string | undefined): void
  /** Ends the answer; the words so far stay. */
  stop(turn: Turn): void
  /** Takes back what was not answered, to change it. */
  takeBack(turn: Turn): void
  /** Sends what waits. In each chat in the order of writing: one whose position is asked for holds up those behind it. */
  sendWaiting(): void
  /** What was on its way waits again; Core knows its id, so nothing runs twice. */
  holdBack(): void
}

export interface Written {
  readonly text: string
  readonly attachments: readonly Attachment[]
  /** The `session_id_value` of the companion; undefined for System. */
  readonly signal: string | undefined
  /** The turn that this is another version of. */
  readonly replaces?: string | undefined
}

interface Parts {
  readonly chats: Chats
  readonly answers: Answers
  readonly outbox: Outbox
  /** False when there is no connection. */
  readonly transmit: (frame: object) => boolean
  readonly sharesLocation: () => boolean
  readonly locate: () => Promise<string | undefined>
  readonly onAsked: (turn: Turn) => void
}

export function createSending(parts: Parts): Sending {
  const { chats, answers, outbox, transmit, sharesLocation, locate, onAsked } = parts

  function sendWaiting(): void {
    for (const { turns } of chats.all()) {
      for (const turn of turns) {
        if (turn.state.name === 'locating') break
        if (turn.state.name !== 'waiting') continue
        if (!transmit(toFrame(turn))) return
        answers.startOver(turn.id)
        chats.setState(turn, { name: 'sent' })
      }
    }
  }

  async function send(id: ChatId, written: Written): Promise<void> {
    const turn = newTurn(id, written, sharesLocation() ? 'locating' : 'waiting')
    outbox.keep(turn)
    chats.add(turn)
    onAsked(turn)
    if (turn.state.name === 'locating') {
      const found = { location: await locate(), state: { name: 'waiting' } } as const
      outbox.keep({ ...turn, ...found })
      chats.change(turn, found)
    }
    sendWaiting()
  }

  function retry(turn: Turn): void {
    outbox.keep({ ...turn, state: { name: 'waiting' } })
    chats.setState(turn, { name: 'waiting' })
    sendWaiting()
  }

  return {
    send,
    retry,
    retryStored(id, { id: messageId, text, at }, signal) {
      const turn = newTurn(id, { text, attachments: [], signal }, 'waiting')
      const again: Turn = { ...turn, id: messageId, at, restored: true }
      chats.add(again)
      retry(again)
    },
    stop: (turn) => void transmit({ event: 'cancel', id: turn.id }),
    takeBack(turn) {
      outbox.forget(turn.id)
      answers.forget(turn.id)
      chats.remove(turn)
    },
    sendWaiting,
    holdBack() {
      const onTheWay = chats
        .all()
        .flatMap(({ turns }) => turns)
        .filter(isOnItsWay)
      for (const turn of onTheWay) chats.setState(turn, { name: 'waiting' })
    },
  }
}

function newTurn(id: ChatId, written: Written, state: 'locating' | 'waiting'): Turn {
  const { text, attachments, signal, replaces } = written
  return {
    id: newId(),
    user: id.user,
    partner: id.partner,
    text,
    attachments,
    signal,
    at: new Date().toISOString(),
    location: undefined,
    replaces,
    after: undefined,
    restored: false,
    state: { name: state },
  }
}

const isPicture = ({ type }: Attachment): boolean => type.startsWith('image/')

/** A data: URL has room for the name of the file. */
const named = ({ url, name }: Attachment): string =>
  url.replace(/^data:[^;,]*/, (start) => `${start};name=${encodeURIComponent(name)}`)

/** What goes over the wire: the fields of `POST /inbound`, and the id that comes back with the answer. */
function toFrame({ id, user, text, signal, location, replaces, attachments }: Turn): object {
  const pictures = attachments.filter(isPicture).map(named)
  const files = attachments.filter((attachment) => !isPicture(attachment)).map(named)
  return {
    id,
    message_id: id,
    user_id: user,
    text,
    channel_name: 'webchat',
    stream: true,
    ...(signal && { session_id: signal }),
    ...(location && { location }),
    ...(replaces && { replaces }),
    ...(pictures.length > 0 && { images: pictures }),
    ...(files.length > 0 && { files }),
  }
}
