import { type Chat, timelineOf } from './chat.ts'
import { sameDay } from './times.ts'
import { isKeptByPlugin, type Message, type Turn } from './turn.ts'
import { type InExchange, type Versions, withVersions } from './versions.ts'

/** One row of a chat as it is drawn. */
export type Row = DayRow | UnreadRow | BubbleRow | TypingRow | NoticeRow

export interface DayRow {
  readonly kind: 'day'
  readonly key: string
  readonly at: string
}

export interface BubbleRow extends InExchange {
  readonly kind: 'mine' | 'theirs'
  readonly key: string
  readonly at: string
  readonly text: string
  /** The first and the last of a group: same sender, at most five minutes apart. */
  readonly first: boolean
  readonly last: boolean
  /** The turn of this visit that it belongs to. */
  readonly turn: Turn | undefined
  /** The stored message it is. */
  readonly message: Message | undefined
  /** Of the last answer: what it answers. */
  readonly asked?: BubbleRow
  /** It is what the last answer answers. */
  readonly isLastAsked?: true
  /** At the end of an exchange that there are several versions of. */
  readonly versions?: Versions
}

/** Below it is what came since the person was here. */
export interface UnreadRow {
  readonly kind: 'unread'
  readonly key: string
  readonly at: string
}

/** An answer is on its way. */
export interface TypingRow extends InExchange {
  readonly kind: 'typing'
  readonly key: string
  readonly at: string
}

/** The companion was not there. */
export interface NoticeRow extends InExchange {
  readonly kind: 'notice'
  readonly key: string
  readonly at: string
  readonly text: string
  readonly turn: Turn
}

const GROUP = 5 * 60_000

/** The rows of a chat, top to bottom. @param read `seq` of the newest message that was read when the chat was opened */
export function rowsOf(chat: Chat, read = Infinity): Row[] {
  const shown = timelineOf(chat).flatMap((entry) =>
    'state' in entry ? rowsOfTurn(entry) : [rowOfMessage(entry)],
  )
  const drawn = withVersions(withOneTyping(shown), chat.chosen)
  return withDays(withUnread(inGroups(withQuestion(drawn)), read, chat.more))
}

function rowOfMessage(message: Message): Row {
  const { seq, at, text, role, turn: exchange, version_of: versionOf, aside } = message
  const key = `m${seq}`
  const kind = role === 'user' ? 'mine' : 'theirs'
  const place = { exchange, versionOf, aside }
  return { kind, key, at, text, first: true, last: true, turn: undefined, message, ...place }
}

function rowsOfTurn(turn: Turn): Row[] {
  const { id, at, text, state } = turn
  const place = placeOfTurn(turn)
  const bubble = { first: true, last: true, turn, message: undefined, ...place }
  const own: Row = { ...bubble, kind: 'mine', key: `q${id}`, at, text }
  const key = `a${id}`
  switch (state.name) {
    case 'sent':
      return [own, { kind: 'typing', key: `t${id}`, at, ...place }]
    case 'answering':
      return [own, { ...bubble, kind: 'theirs', key, at, text: '' }]
    case 'answered':
      return [own, { ...bubble, kind: 'theirs', key, at: state.at, text: state.text }]
    case 'offline':
      return [own, { kind: 'notice', key: `o${id}`, at, text: state.text, turn, ...place }]
    default:
      return [own]
  }
}

/** A plugin that keeps a chat knows no versions. Until the answer, only the page's own id is known. */
function placeOfTurn(turn: Turn): InExchange {
  if (isKeptByPlugin(turn)) return {}
  const { id, state, replaces, aside } = turn
  return { exchange: state.name === 'answered' ? state.turn : id, versionOf: replaces, aside }
}

/** Answers come one after the other, so only the first that is awaited shows. */
function withOneTyping(rows: readonly Row[]): Row[] {
  const first = rows.find(({ kind }) => kind === 'typing')
  return rows.filter((row) => row.kind !== 'typing' || row === first)
}

/** The last answer knows what it answers, so that it can be asked again. */
function withQuestion(rows: readonly Row[]): Row[] {
  const answer = rows.at(-1)
  const question = rows.at(-2)
  if (answer?.kind !== 'theirs' || question?.kind !== 'mine') return [...rows]
  if (question.exchange !== answer.exchange) return [...rows]
  return [...rows.slice(0, -2), { ...question, isLastAsked: true }, { ...answer, asked: question }]
}

/** While it is not known where it begins, there is no line: it would move. */
function withUnread(rows: readonly Row[], read: number, more: boolean): Row[] {
  const at = rows.findIndex((row) => row.kind === 'theirs' && (row.message?.seq ?? 0) > read)
  const first = rows[at]
  return first && (at > 0 || !more)
    ? rows.toSpliced(at, 0, { kind: 'unread', key: 'unread', at: first.at })
    : [...rows]
}

function inGroups(rows: readonly Row[]): Row[] {
  return rows.map((row, at) => {
    if (row.kind !== 'mine' && row.kind !== 'theirs') return row
    return { ...row, first: !belongTogether(rows[at - 1], row), last: !belongTogether(row, rows[at + 1]) }
  })
}

function belongTogether(a: Row | undefined, b: Row | undefined): boolean {
  if (!a || !b || a.kind !== b.kind) return false
  return sameDay(a.at, b.at) && Math.abs(Date.parse(b.at) - Date.parse(a.at)) < GROUP
}

function withDays(rows: readonly Row[]): Row[] {
  return rows.flatMap((row, at) => {
    const before = rows[at - 1]
    const isNewDay = !before || !sameDay(before.at, row.at)
    return isNewDay ? [{ kind: 'day', key: `d${row.key}`, at: row.at } satisfies DayRow, row] : [row]
  })
}
