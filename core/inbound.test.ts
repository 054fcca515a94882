/** `/inbound` of a running Core with the Friends plugin and a scripted model, from the outside. */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { type Household, startHousehold } from './testing/household.ts'

let home: Household
beforeAll(async () => {
  home = await startHousehold()
})
afterAll(() => home?.stop())
afterEach(() => home.model.script(() => 'fine'))

describe('who answers', () => {
  test.each([
    ['System', {}, 'system'],
    ['the Friend, by session_id', { session_id: 'friend' }, 'friend'],
    ['the Friend, by conversation_type', { conversation_type: 'Friend ' }, 'friend'],
    ['the Friend, by channel_name', { channel_name: 'FRIEND' }, 'friend'],
    ['the Friend, combined', { session_id: 'friend', user_id: 'alice' }, 'friend'],
    ['the Friend, by keyword', { text: 'Veda, how are you?' }, 'friend'],
    [
      'the Friend, by keyword of a bridge',
      { text: 'hey veda!', channel_name: 'whatsapp', user_id: '42' },
      'friend',
    ],
    ['the Friend, by the user’s own keyword', { text: 'Anna: hi', user_id: 'alice' }, 'friend'],
    ['System, for a word that only begins like the keyword', { text: 'Vedanta is old' }, 'system'],
  ])('%s', async (_, fields, partner) => {
    home.model.script(() => 'an answer')
    const { status, body } = await home.core.inbound({ text: 'hello there', ...fields })
    expect({ status, ...body }).toMatchObject({ status: 200, text: 'an answer', partner })
    expect(body.format).toMatch(/plain|markdown/)
  })

  test('the address is taken off before the Friend reads it', async () => {
    home.model.script(() => 'well')
    await home.core.inbound({ text: 'Veda, the sea was calm', user_id: 'alice' })
    expect(home.model.requests.at(-1)?.body.messages.at(-1)?.content).toBe('the sea was calm')
  })

  test('a companion that is not there: HTTP 200 and "<name> is offline now."', async () => {
    const { status, body } = await home.core.inbound({ text: 'hi', session_id: 'lost' })
    expect({ status, ...body }).toMatchObject({
      status: 200,
      text: 'Lost One is offline now.',
      offline: true,
      partner: 'lost',
    })
  })

  test('combined and offline: the message is kept, and no answer in the name of the companion', async () => {
    await home.core.inbound({ text: 'are you there', session_id: 'lost', user_id: 'alice' })
    expect(await home.messages('alice', 'lost')).toMatchObject([
      {
        role: 'user',
        text: 'are you there',
        failed: expect.stringContaining('not running'),
        failed_code: 'plugin_offline',
      },
    ])
  })

  test('a plugin that answers that it failed is not offline', async () => {
    home.model.script(() => ({ fail: 500 }))
    const { status, body } = await home.core.inbound({
      text: 'a word to the friend',
      session_id: 'friend',
      message_id: 'failing',
    })
    expect({ status, ...body }).toMatchObject({ status: 502, code: 'plugin_failed', text: '' })
    const stored = await home.messages('companion', 'friend')
    expect(stored.filter(({ role, text }) => role === 'assistant' && /fail|model/i.test(text))).toEqual([])
  })
})

describe('a message id', () => {
  test.each([
    ['System', {}],
    ['an uncombined Friend, whose chat Core does not have', { session_id: 'friend' }],
    ['a combined Friend', { session_id: 'friend', user_id: 'alice' }],
  ])('again gets the same answer and asks nobody: %s', async (name, fields) => {
    home.model.script((_, index) => `answer ${index}`)
    const message = { text: 'Tell me something', message_id: `again ${name}`, ...fields }
    const first = await home.core.inbound(message)
    const asked = home.model.requests.length
    const rest = await Promise.all(Array.from({ length: 20 }, () => home.core.inbound(message)))
    expect(new Set(rest.map(({ body }) => body.text))).toEqual(new Set([first.body.text]))
    expect(home.model.requests).toHaveLength(asked)
  })

  test('sent twenty times at once is answered once', async () => {
    home.model.script((_, index) => `answer ${index}`)
    const asked = home.model.requests.length
    const message = { text: 'At once', message_id: 'at once', user_id: 'A' }
    const answers = await Promise.all(Array.from({ length: 20 }, () => home.core.inbound(message)))
    expect(new Set(answers.map(({ body }) => body.text)).size).toBe(1)
    expect(home.model.requests).toHaveLength(asked + 1)
    expect((await home.messages('A', 'system')).filter(({ text }) => text === 'At once')).toHaveLength(1)
  })

  test('of two people is two messages, however channel and id are put together', async () => {
    const message = { text: 'This is me', message_id: 'mine' }
    const one = await home.core.inbound({ ...message, channel_name: 'x', user_id: 'b:c' })
    const two = await home.core.inbound({ ...message, channel_name: 'x:b', user_id: 'c' })
    expect(two.body.request_id).not.toBe(one.body.request_id)
    expect(await home.messages('c', 'system')).toHaveLength(2)
    expect(await home.messages('b:c', 'system')).toHaveLength(2)
  })

  test('with another text is 409', async () => {
    await home.core.inbound({ text: 'one', message_id: 'changed' })
    const { status, body } = await home.core.inbound({ text: 'two', message_id: 'changed' })
    expect({ status, ...body }).toMatchObject({ status: 409, code: 'message_changed', text: '' })
  })

  test('of a failed turn runs again; the message is kept, once', async () => {
    home.model.script(() => ({ fail: 503 }))
    const message = { text: 'Please keep this', message_id: 'kept', user_id: 'a' }
    const failed = await home.core.inbound(message)
    expect({ status: failed.status, ...failed.body }).toMatchObject({
      status: 502,
      code: 'model_failed',
      text: '',
    })
    expect(await home.messages('a', 'system')).toMatchObject([
      { text: 'Please keep this', failed: expect.any(String) },
    ])
    home.model.script(() => 'now')
    expect((await home.core.inbound(message)).body.text).toBe('now')
    expect((await home.messages('a', 'system')).map(({ text }) => text)).toEqual(['Please keep this', 'now'])
  })
})

test('why a turn failed stands in the log once', async () => {
  home.model.script(() => ({ fail: 500 }))
  const told = (): number => home.core.log().split('a request failed').length
  const before = told()
  await home.core.inbound({ text: 'A word to the log', user_id: 'c' })
  await home.core.get('/api/chats')
  expect(told()).toBe(before + 1)
})

describe('streams', () => {
  test.each([
    ['System', {}],
    ['the Friend', { session_id: 'friend' }],
  ])('%s: words as they come, then the whole', async (_, fields) => {
    home.model.script(() => ({ text: 'one two three four', chunks: 4 }))
    const events = await home.core.stream({ text: 'Count, please', ...fields })
    const deltas = events.filter(({ event }) => event === 'delta').map(({ text }) => text)
    expect(deltas.length).toBeGreaterThan(1)
    expect(deltas.join('')).toBe('one two three four')
    expect(events.at(-1)).toMatchObject({ event: 'done', ok: true, status: 200, text: 'one two three four' })
  })

  test('a failure ends the stream with its code', async () => {
    home.model.script(() => ({ fail: 500 }))
    const events = await home.core.stream({ text: 'Count' })
    expect(events.at(-1)).toMatchObject({
      event: 'done',
      ok: false,
      status: 502,
      code: 'model_failed',
      text: '',
    })
  })
})
test('attachments are stored as files of the user, and of nobody else', async () => {
  home.model.script(() => 'nice picture')
  const png = 'data:image/png;base64,iVBORw0KGgo='
  await home.core.inbound({ user_id: 'A', text: '', images: [png], files: ['data:text/plain,hello%20there'] })
  await home.core.inbound({ user_id: 'a', text: 'mine', files: [png] })
  const folders = readdirSync(join(home.core.home, 'workspace'))
  const filesOf = (folder: string): string[] =>
    readdirSync(join(home.core.home, 'workspace', folder, 'files')).map(
      (name) => name.split('.').at(-1) ?? '',
    )
  expect(filesOf('a')).toEqual(['png'])
  const big = folders.find((name) => name.startsWith('a~')) ?? ''
  expect(filesOf(big).sort()).toEqual(['png', 'txt'])
})

test('a person’s settings of a friend go through Core to the plugin, and so does what is wrong with them', async () => {
  const path = '/api/companions/friend/settings?user_id=alice'
  const changed = await home.core.post(path, { character: 'sister' })
  expect(changed).toMatchObject({ status: 200, body: { settings: { character: 'sister' } } })
  expect((await home.core.get(path)).body.settings.character).toBe('sister')
  expect((await home.core.get('/api/companions/friend/settings?user_id=A')).body.settings.character).not.toBe(
    'sister',
  )
  expect(await home.core.post(path, { character: 'dragon' })).toMatchObject({
    status: 422,
    body: { code: 'plugin_refused' },
  })
})
