import { describe, expect, it } from 'vitest'
import { type Chat, emptyChat, timelineOf, withNewest, withOlder, withTurn } from './chat.ts'
import { rowsOf } from './rows.ts'
import type { Message, Turn, TurnState } from './turn.ts'

const at = (minute: number): string => new Date(2026, 10, 20, 12, minute).toISOString()

const message = (seq: number, role: Message['role'], text: string, id = `s${seq}`): Message => ({
  id,
  seq,
  role,
  text,
  at: at(seq),
})

const turn = (id: string, state: TurnState, more: Partial<Turn> = {}): Turn => ({
  id,
  user: 'alice',
  partner: 'friend',
  text: id,
  attachments: [],
  at: at(10),
  signal: 'friend',
  location: undefined,
  replaces: undefined,
  after: undefined,
  restored: false,
  state,
  ...more,
})

const answered = (order: number): TurnState => ({
  name: 'answered',
  text: 'yes',
  at: at(11),
  images: [],
  why: undefined,
  turn: 'r',
  order,
})
const loaded = (...messages: Message[]): Chat => withNewest(emptyChat, { messages, more: false }, 0)
const texts = (chat: Chat): string[] => timelineOf(chat).map(({ text }) => text)

describe('a chat', () => {
  it('shows turns where their message is stored, else at the end', () => {
    const states = { first: { name: 'sent' }, second: { name: 'waiting' } } as const
    const chat = withTurn(
      withTurn(loaded(message(1, 'user', 'a')), turn('first', states.first)),
      turn('second', states.second),
    )
    const messages = [
      message(1, 'user', 'a'),
      message(2, 'user', 'first', 'first'),
      message(3, 'user', 'elsewhere'),
    ]
    expect(texts(withNewest(chat, { messages, more: false }, 0))).toEqual([
      'a',
      'first',
      'elsewhere',
      'second',
    ])
  })

  it('lets go of an answered turn once the history must hold it, not before', () => {
    const chat = withTurn(loaded(), turn('hi', answered(3)))
    expect(withNewest(chat, { messages: [], more: false }, 3).turns).toHaveLength(1)
    const page = { messages: [message(1, 'user', 'hi', 'hi'), message(2, 'assistant', 'yes')], more: false }
    expect(texts(withNewest(chat, page, 4))).toEqual(['hi', 'yes'])
  })

  it('never lets go of a turn that is not answered', () => {
    const states: TurnState[] = [{ name: 'waiting' }, { name: 'sent' }, { name: 'answering' }]
    for (const state of states) {
      const chat = withTurn(loaded(), turn('hi', state))
      expect(
        withNewest(chat, { messages: [message(1, 'user', 'hi', 'hi')], more: false }, 99).turns,
      ).toHaveLength(1)
    }
  })

  it('shows a message once that is both stored and on its way', () => {
    const chat = withTurn(loaded(), turn('hi', { name: 'sent' }))
    expect(texts(withNewest(chat, { messages: [message(1, 'user', 'hi', 'hi')], more: false }, 0))).toEqual([
      'hi',
    ])
  })

  it('shows an answer once that is stored behind another message', () => {
    const both = withTurn(withTurn(loaded(), turn('a', answered(0))), turn('b', { name: 'sent' }))
    const messages = [
      message(1, 'user', 'a', 'a'),
      message(2, 'user', 'b', 'b'),
      message(3, 'assistant', 'yes'),
    ]
    expect(texts(withNewest(both, { messages, more: false }, 0))).toEqual(['a', 'b'])
  })

  it('hides no answer to others behind a failed message that is tried again', () => {
    const chat = withTurn(loaded(), turn('a', { name: 'waiting' }, { restored: true }))
    const failed = { ...message(1, 'user', 'a', 'a'), failed: 'no' }
    const messages = [failed, message(2, 'user', 'b'), message(3, 'assistant', 'to b')]
    expect(texts(withNewest(chat, { messages, more: false }, 0))).toEqual(['a', 'b', 'to b'])
  })

  it('knows a message of an earlier visit by words and time when the plugin has ids of its own', () => {
    const chat = withTurn(
      emptyChat,
      turn('x', { name: 'waiting' }, { user: 'companion', text: 'hello', restored: true, at: at(5) }),
    )
    const page = { messages: [message(2, 'user', 'hello'), message(6, 'user', 'hello')], more: false }
    expect(timelineOf(withNewest(chat, page, 0)).map(({ id }) => id)).toEqual(['s2', 'x'])
  })

  it('knows what a plugin could not answer by words and time too, and takes no answered message for it', () => {
    const open: TurnState = { name: 'offline', text: 'Friends is offline now.' }
    const chat = withTurn(loaded(), turn('x', open, { user: 'companion', text: 'hello', at: at(5) }))
    const answered = [message(6, 'user', 'hello'), message(7, 'assistant', 'hi')]
    const failed = { ...message(8, 'user', 'hello'), failed: 'The plugin stopped' }
    const page = { messages: [...answered, failed], more: false }
    expect(timelineOf(withNewest(chat, page, 0)).map(({ id }) => id)).toEqual(['s6', 's7', 'x'])
  })

  it('lets go of an unanswered turn that was answered elsewhere', () => {
    const chat = withTurn(loaded(), turn('hi', { name: 'failed', problem: 'no' }))
    const messages = [message(1, 'user', 'hi', 'hi'), message(2, 'assistant', 'yes')]
    expect(withNewest(chat, { messages, more: false }, 0).turns).toEqual([])
  })

  it('puts older messages in front, each once', () => {
    const chat = loaded(message(3, 'user', 'c'))
    const page = { messages: [message(2, 'user', 'b'), message(3, 'user', 'c')], more: true }
    expect(texts(withOlder(chat, page))).toEqual(['b', 'c'])
  })

  it('keeps what was read further up when the newest page joins it, else begins anew', () => {
    const chat = withOlder(loaded(message(3, 'user', 'c')), {
      messages: [message(2, 'user', 'b')],
      more: true,
    })
    const joining = withNewest(
      chat,
      { messages: [message(3, 'user', 'c'), message(4, 'user', 'd')], more: true },
      0,
    )
    expect(texts(joining)).toEqual(['b', 'c', 'd'])
    expect(texts(withNewest(chat, { messages: [message(9, 'user', 'i')], more: true }, 0))).toEqual(['i'])
  })
})

const kinds = (chat: Chat): string[] => rowsOf(chat).map(({ kind }) => kind)

describe('rows', () => {
  it('head each day', () => {
    const chat = loaded(message(1, 'user', 'a'), {
      ...message(2, 'user', 'b'),
      at: new Date(2026, 10, 21).toISOString(),
    })
    expect(kinds(chat)).toEqual(['day', 'mine', 'day', 'mine'])
  })

  it('group the same sender within five minutes', () => {
    const chat = loaded(message(1, 'user', 'a'), message(3, 'user', 'b'), message(20, 'user', 'c'))
    const ends = rowsOf(chat).flatMap((row) => (row.kind === 'mine' ? [[row.first, row.last]] : []))
    expect(ends).toEqual([
      [true, false],
      [false, true],
      [true, true],
    ])
  })

  it('show that an answer is awaited only once', () => {
    const chat = withTurn(withTurn(loaded(), turn('a', { name: 'sent' })), turn('b', { name: 'sent' }))
    expect(kinds(chat)).toEqual(['day', 'mine', 'typing', 'mine'])
  })

  it('say quietly that a companion was not there', () => {
    const live = withTurn(loaded(), turn('a', { name: 'offline', text: 'Veda is offline now.' }))
    expect(kinds(live)).toEqual(['day', 'mine', 'notice'])
  })
})
