import type { HistoryPage, SocketFrame } from '#contract'
import { signal } from '@preact/signals'
import { describe, expect, it, vi } from 'vitest'
import { createConversations } from './conversations.ts'
import { createDrafts } from './drafts.ts'
import { createOutbox } from './outbox.ts'
import { createStorage, type Storage } from './storage.ts'
import type { ChatId, Turn } from './turn.ts'
import en from './words/en.ts'

const ALICE: ChatId = { user: 'alice', partner: 'system' }
const BOB: ChatId = { user: 'bob', partner: 'system' }
const FRIEND: ChatId = { user: 'alice', partner: 'friend' }
const written = (text: string) => ({ text, attachments: [], signal: undefined })

/** A browser's storage: it counts and it may be full. */
function memory(limit = Infinity): globalThis.Storage {
  const kept = new Map<string, string>()
  return {
    get length() {
      return kept.size
    },
    key: (at) => [...kept.keys()][at] ?? null,
    getItem: (key) => kept.get(key) ?? null,
    setItem(key, value) {
      if (value.length > limit) throw new Error('QuotaExceededError')
      kept.set(key, value)
    },
    removeItem: (key) => void kept.delete(key),
    clear: () => kept.clear(),
  }
}

interface Line {
  isOpen: boolean
  sent: { id: string; text: string; user_id: string; session_id?: string }[]
}

function page(storage: Storage = createStorage(() => memory()), locate?: () => Promise<string | undefined>) {
  const line: Line = { isOpen: true, sent: [] }
  const failed: string[] = []
  const moves: string[][] = []
  const conversations = createConversations({
    api: {
      history: async (): Promise<HistoryPage> => ({ messages: [], more: false }),
      choose: async () => {},
    },
    outbox: createOutbox(storage, signal(en)),
    transmit(frame) {
      if (line.isOpen) line.sent.push(frame as Line['sent'][0])
      return line.isOpen
    },
    sharesLocation: () => locate !== undefined,
    locate: locate ?? (async () => undefined),
    nextFrame: (run) => run(),
    events: {
      onAsked: () => {},
      onMoved: (from, to) => void moves.push([from.partner, to.partner]),
      onAnswering: () => {},
      onAnswered: () => {},
      onAway: () => {},
      onFailed: (_turn, _code, problem) => void failed.push(problem),
      onHistory: () => {},
      onRequestFailed: () => {},
    },
  })
  conversations.restore()
  const turns = (id: ChatId): readonly Turn[] => conversations.chat(id).value.turns
  return { conversations, line, failed, moves, turns, storage }
}

const reply = (id: string, text: string, more: object = {}): SocketFrame => ({
  event: 'reply',
  partner: 'system',
  id,
  error: null,
  text,
  format: 'plain',
  request_id: 'r',
  message_id: id,
  ...more,
})

describe('conversations', () => {
  it('bring an answer into the chat it was asked in, whoever is picked by then', async () => {
    const { conversations, line, turns } = page()
    await conversations.send(ALICE, written('for alice'))
    await conversations.send(BOB, written('for bob'))
    const [first, second] = line.sent
    conversations.onFrame({ event: 'delta', id: first!.id, partner: 'system', text: 'to ali' })
    conversations.onFrame(reply(second!.id, 'to bob'))
    conversations.onFrame(reply(first!.id, 'to alice'))
    expect(turns(ALICE).map(({ state }) => state)).toMatchObject([{ name: 'answered', text: 'to alice' }])
    expect(turns(BOB).map(({ state }) => state)).toMatchObject([{ name: 'answered', text: 'to bob' }])
    expect(line.sent.map(({ user_id }) => user_id)).toEqual(['alice', 'bob'])
  })

  it('ignore what belongs to no turn of this page', () => {
    const { conversations } = page()
    conversations.onFrame(reply('somebody', 'else'))
    expect(conversations.chat(ALICE).value.turns).toEqual([])
  })

  it('send the signal of a companion, and none to System', async () => {
    const { conversations, line } = page()
    await conversations.send(FRIEND, { ...written('hi'), signal: 'friend' })
    await conversations.send(ALICE, written('hi'))
    expect(line.sent.map(({ session_id }) => session_id)).toEqual(['friend', undefined])
  })

  it('keep what is written offline and send it once, in order, with the same ids', async () => {
    const { conversations, line, turns } = page()
    line.isOpen = false
    for (const text of ['one', 'two', 'three']) await conversations.send(ALICE, written(text))
    const ids = turns(ALICE).map(({ id }) => id)
    line.isOpen = true
    conversations.onOpen()
    conversations.onOpen()
    expect(line.sent.map(({ text }) => text)).toEqual(['one', 'two', 'three'])
    expect(line.sent.map(({ id }) => id)).toEqual(ids)
  })

  it('send again after a broken connection, and show the new answer instead of both', async () => {
    const { conversations, line, turns } = page()
    await conversations.send(ALICE, written('hi'))
    const { id } = line.sent[0]!
    conversations.onFrame({ event: 'delta', id, partner: 'system', text: 'half an ans' })
    conversations.onClose()
    expect(turns(ALICE)[0]?.state.name).toBe('waiting')
    conversations.onOpen()
    conversations.onFrame({ event: 'delta', id, partner: 'system', text: 'whole' })
    expect(line.sent.map((sent) => sent.id)).toEqual([id, id])
    expect(conversations.words(id).value).toBe('whole')
  })

  it('hold up what is behind a message whose position is asked for', async () => {
    const position = Promise.withResolvers<string>()
    const { conversations, line } = page(undefined, () => position.promise)
    const first = conversations.send(ALICE, written('first'))
    const second = conversations.send(ALICE, written('second'))
    conversations.onOpen()
    expect(line.sent).toEqual([])
    position.resolve('52.5,13.4')
    await Promise.all([first, second])
    expect(line.sent).toMatchObject([{ text: 'first', location: '52.5,13.4' }, { text: 'second' }])
  })
})

describe('a message that was for somebody else', () => {
  it('is in the chat of who answered', async () => {
    const { conversations, line, turns, moves } = page()
    await conversations.send(ALICE, written('Veda, hi'))
    conversations.onFrame(reply(line.sent[0]!.id, 'Hello', { partner: 'friend' }))
    expect(turns(ALICE)).toEqual([])
    expect(turns(FRIEND)).toMatchObject([{ text: 'Veda, hi', state: { name: 'answered', text: 'Hello' } }])
    expect(moves).toEqual([['system', 'friend']])
  })

  it('is retried there with the words and the signal it was sent with', async () => {
    const { conversations, line, turns } = page()
    await conversations.send(ALICE, written('Veda, hi'))
    const away = { partner: 'friend', offline: true }
    conversations.onFrame(reply(line.sent[0]!.id, 'Veda is offline now.', away))
    expect(turns(FRIEND)).toMatchObject([{ state: { name: 'offline' } }])
    conversations.retry(turns(FRIEND)[0]!)
    expect(line.sent).toEqual([line.sent[0], line.sent[0]])
  })
})

describe('what could not be answered', () => {
  it('waits for Core to come back when it is stopping', async () => {
    const { conversations, line, turns, failed } = page()
    await conversations.send(ALICE, written('hi'))
    const error = { event: 'error', id: line.sent[0]!.id, error: 'x', status: 503, text: '' } as const
    conversations.onFrame({ ...error, code: 'stopping' })
    expect(turns(ALICE)[0]?.state.name).toBe('waiting')
    expect(failed).toEqual([])
  })

  it('is retried with the same message id', async () => {
    const { conversations, line, turns } = page()
    await conversations.send(ALICE, written('hi'))
    const { id } = line.sent[0]!
    conversations.onFrame({
      event: 'error',
      id,
      error: 'no model',
      code: 'model_failed',
      status: 502,
      text: '',
    })
    conversations.retry(turns(ALICE)[0]!)
    expect(line.sent).toEqual([line.sent[0], line.sent[0]])
  })

  it('because a companion was away is retried with the same message id too', async () => {
    const { conversations, line, turns } = page()
    await conversations.send(FRIEND, { ...written('hi'), signal: 'friend' })
    const { id } = line.sent[0]!
    conversations.onFrame(reply(id, 'Veda is offline now.', { partner: 'friend', offline: true }))
    expect(turns(FRIEND)[0]?.state).toEqual({ name: 'offline', text: 'Veda is offline now.' })
    conversations.retry(turns(FRIEND)[0]!)
    expect(line.sent).toEqual([line.sent[0], line.sent[0]])
    expect(turns(FRIEND)).toHaveLength(1)
  })
})

describe('the outbox', () => {
  it('outlives the page: what was not answered is sent at the next visit, under its id', async () => {
    const storage = createStorage(() => memory())
    const before = page(storage)
    before.line.isOpen = false
    await before.conversations.send(ALICE, written('one'))
    await before.conversations.send(ALICE, written('two'))
    const after = page(storage)
    after.conversations.onOpen()
    expect(after.line.sent.map(({ text }) => text)).toEqual(['one', 'two'])
    expect(after.line.sent.map(({ id }) => id)).toEqual(before.turns(ALICE).map(({ id }) => id))
  })

  it('is empty once everything is answered', async () => {
    const { conversations, line, storage } = page()
    await conversations.send(ALICE, written('hi'))
    expect(storage.keys('outbox.')).toHaveLength(1)
    conversations.onFrame(reply(line.sent[0]!.id, 'yes'))
    expect(storage.keys('outbox.')).toEqual([])
  })

  it.each([
    ['message_invalid', 422, true],
    ['sender_not_permitted', 403, true],
    ['plugin_refused', 422, undefined],
    ['cancelled', 409, undefined],
    ['model_failed', 502, undefined],
  ])('knows whether Core keeps it: %s', async (code, status, refused) => {
    const { conversations, line, turns } = page()
    await conversations.send(ALICE, written('hi'))
    const { id } = line.sent[0]!
    conversations.onFrame({ event: 'error', id, error: 'no', code, status, text: '' })
    expect(turns(ALICE)[0]?.state).toEqual({ name: 'failed', problem: 'no', code, refused })
  })

  it('keeps what failed, to be decided about', async () => {
    const storage = createStorage(() => memory())
    const before = page(storage)
    await before.conversations.send(ALICE, written('hi'))
    const { id } = before.line.sent[0]!
    before.conversations.onFrame({
      event: 'error',
      id,
      error: 'no',
      code: 'model_failed',
      status: 502,
      text: '',
    })
    const after = page(storage)
    after.conversations.onOpen()
    expect(after.line.sent).toEqual([])
    expect(after.turns(ALICE)[0]?.state).toEqual({ name: 'failed', problem: 'no', code: 'model_failed' })
  })

  it('does not send by itself what is older than an hour', async () => {
    const storage = createStorage(() => memory())
    const before = page(storage)
    before.line.isOpen = false
    await before.conversations.send(ALICE, written('old'))
    vi.setSystemTime(Date.now() + 61 * 60_000)
    const after = page(storage)
    vi.useRealTimers()
    after.conversations.onOpen()
    expect(after.line.sent).toEqual([])
    expect(after.turns(ALICE)[0]?.state.name).toBe('failed')
  })

  it('says so when an attachment did not fit, and does not send the message without it', async () => {
    const storage = createStorage(() => memory(1_000))
    const before = page(storage)
    before.line.isOpen = false
    const attachment = { id: 'a', name: 'cat.png', type: 'image/png', size: 2_000, url: 'x'.repeat(2_000) }
    await before.conversations.send(ALICE, { ...written('look'), attachments: [attachment] })
    const after = page(storage)
    after.conversations.onOpen()
    expect(after.line.sent).toEqual([])
    expect(after.turns(ALICE)[0]).toMatchObject({ text: 'look', state: { name: 'failed' } })
    expect(JSON.stringify(after.turns(ALICE)[0]?.state)).toContain('cat.png')
  })
})

describe('drafts', () => {
  it('belong to one identity and one chat, and outlive the page', () => {
    const storage = createStorage(() => memory())
    const drafts = createDrafts(storage)
    drafts.of(ALICE).text.value = 'to system as alice'
    drafts.of(FRIEND).text.value = 'to the friend'
    drafts.flush()
    const later = createDrafts(storage)
    expect(later.of(ALICE).text.value).toBe('to system as alice')
    expect(later.of(FRIEND).text.value).toBe('to the friend')
    expect(later.of(BOB).text.value).toBe('')
  })

  it('go when they are sent or emptied', () => {
    const storage = createStorage(() => memory())
    const drafts = createDrafts(storage)
    drafts.of(ALICE).text.value = 'x'
    drafts.flush()
    drafts.of(ALICE).text.value = ''
    drafts.flush()
    expect(storage.keys('draft.')).toEqual([])
  })

  it('do without a storage that the browser refuses', () => {
    const drafts = createDrafts(
      createStorage(() => {
        throw new Error('SecurityError')
      }),
    )
    drafts.of(ALICE).text.value = 'x'
    drafts.flush()
    expect(drafts.of(ALICE).text.value).toBe('x')
  })
})
