/** `/inbound` of a running Core with the Friends plugin and a scripted model, from the outside. */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { createScriptedModelServer, type ScriptedModelServer } from './testing/scripted-model.ts'
import { type RunningCore, startCore } from './testing/core.ts'

const config = (modelUrl: string): string => `
model: { name: scripted, base_url: ${modelUrl} }
companions:
  - { id: friend, plugin_id: friends, session_id_value: friend, keyword: Veda }
  - { id: lost, plugin_id: lost_one, session_id_value: lost }
plugins:
  friends: { memory: [own], model: true }
  lost_one: { start: false }
`
const users = `
users:
  - { id: alice, name: Alice, im: ['whatsapp:42'], keywords: { friend: Anna } }
  - { id: A, name: Big A }
  - { id: a, name: Small a }
  - { id: c, name: C }
  - { id: 'b:c', name: B C }
  - { id: mail, name: Mail only, email: mail@home.example, permissions: [EMAIL] }
`

let model: ScriptedModelServer
let core: RunningCore

beforeAll(async () => {
  model = await createScriptedModelServer()
  core = await startCore({ coreYml: config(model.url), userYml: users })
}, 60_000)
afterAll(async () => {
  await core?.stop()
  await model?.close()
})
afterEach(() => model.script(() => 'fine'))

const messages = async (
  user: string,
  partner: string,
): Promise<{ role: string; text: string; failed?: string }[]> =>
  (await core.get(`/api/chats/${partner}/messages?user_id=${encodeURIComponent(user)}&limit=200`)).body
    .messages

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
    model.script(() => 'an answer')
    const { status, body } = await core.inbound({ text: 'hello there', ...fields })
    expect({ status, ...body }).toMatchObject({ status: 200, text: 'an answer', partner })
    expect(body.format).toMatch(/plain|markdown/)
  })

  test('the address is taken off before the Friend reads it', async () => {
    model.script(() => 'well')
    await core.inbound({ text: 'Veda, the sea was calm', user_id: 'alice' })
    expect(model.requests.at(-1)?.body.messages.at(-1)?.content).toBe('the sea was calm')
  })

  test('a companion that is not there: HTTP 200 and "<name> is offline now."', async () => {
    const { status, body } = await core.inbound({ text: 'hi', session_id: 'lost' })
    expect({ status, ...body }).toMatchObject({
      status: 200,
      text: 'Lost One is offline now.',
      offline: true,
      partner: 'lost',
    })
  })

  test('combined and offline: the message is kept, and no answer in the name of the companion', async () => {
    await core.inbound({ text: 'are you there', session_id: 'lost', user_id: 'alice' })
    expect(await messages('alice', 'lost')).toMatchObject([
      { role: 'user', text: 'are you there', failed: expect.stringContaining('not running') },
    ])
  })

  test('a plugin that answers that it failed is not offline', async () => {
    model.script(() => ({ fail: 500 }))
    const { status, body } = await core.inbound({
      text: 'a word to the friend',
      session_id: 'friend',
      message_id: 'failing',
    })
    expect({ status, ...body }).toMatchObject({ status: 502, code: 'plugin_failed', text: '' })
    const stored = await messages('companion', 'friend')
    expect(stored.filter(({ role, text }) => role === 'assistant' && /fail|model/i.test(text))).toEqual([])
  })
})

describe('a message id', () => {
  test.each([
    ['System', {}],
    ['an uncombined Friend, whose chat Core does not have', { session_id: 'friend' }],
    ['a combined Friend', { session_id: 'friend', user_id: 'alice' }],
  ])('again gets the same answer and asks nobody: %s', async (name, fields) => {
    model.script((_, index) => `answer ${index}`)
    const message = { text: 'Tell me something', message_id: `again ${name}`, ...fields }
    const first = await core.inbound(message)
    const asked = model.requests.length
    const rest = await Promise.all(Array.from({ length: 20 }, () => core.inbound(message)))
    expect(new Set(rest.map(({ body }) => body.text))).toEqual(new Set([first.body.text]))
    expect(model.requests).toHaveLength(asked)
  })

  test('sent twenty times at once is answered once', async () => {
    model.script((_, index) => `answer ${index}`)
    const asked = model.requests.length
    const message = { text: 'At once', message_id: 'at once', user_id: 'A' }
    const answers = await Promise.all(Array.from({ length: 20 }, () => core.inbound(message)))
    expect(new Set(answers.map(({ body }) => body.text)).size).toBe(1)
    expect(model.requests).toHaveLength(asked + 1)
    expect((await messages('A', 'system')).filter(({ text }) => text === 'At once')).toHaveLength(1)
  })

  test('of two people is two messages, however channel and id are put together', async () => {
    const message = { text: 'This is me', message_id: 'mine' }
    const one = await core.inbound({ ...message, channel_name: 'x', user_id: 'b:c' })
    const two = await core.inbound({ ...message, channel_name: 'x:b', user_id: 'c' })
    expect(two.body.request_id).not.toBe(one.body.request_id)
    expect(await messages('c', 'system')).toHaveLength(2)
    expect(await messages('b:c', 'system')).toHaveLength(2)
  })

  test('with another text is 409', async () => {
    await core.inbound({ text: 'one', message_id: 'changed' })
    const { status, body } = await core.inbound({ text: 'two', message_id: 'changed' })
    expect({ status, ...body }).toMatchObject({ status: 409, code: 'message_changed', text: '' })
  })

  test('of a failed turn runs again; the message is kept, once', async () => {
    model.script(() => ({ fail: 503 }))
    const message = { text: 'Please keep this', message_id: 'kept', user_id: 'a' }
    const failed = await core.inbound(message)
    expect({ status: failed.status, ...failed.body }).toMatchObject({
      status: 502,
      code: 'model_failed',
      text: '',
    })
    expect(await messages('a', 'system')).toMatchObject([
      { text: 'Please keep this', failed: expect.any(String) },
    ])
    model.script(() => 'now')
    expect((await core.inbound(message)).body.text).toBe('now')
    expect((await messages('a', 'system')).map(({ text }) => text)).toEqual(['Please keep this', 'now'])
  })
})

describe('streams', () => {
  test.each([
    ['System', {}],
    ['the Friend', { session_id: 'friend' }],
  ])('%s: words as they come, then the whole', async (_, fields) => {
    model.script(() => ({ text: 'one two three four', chunks: 4 }))
    const events = await core.stream({ text: 'Count, please', ...fields })
    const deltas = events.filter(({ event }) => event === 'delta').map(({ text }) => text)
    expect(deltas.length).toBeGreaterThan(1)
    expect(deltas.join('')).toBe('one two three four')
    expect(events.at(-1)).toMatchObject({ event: 'done', ok: true, status: 200, text: 'one two three four' })
  })

  test('a failure ends the stream with its code', async () => {
    model.script(() => ({ fail: 500 }))
    const events = await core.stream({ text: 'Count' })
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
  model.script(() => 'nice picture')
  const png = 'data:image/png;base64,iVBORw0KGgo='
  await core.inbound({ user_id: 'A', text: '', images: [png], files: ['data:text/plain,hello%20there'] })
  await core.inbound({ user_id: 'a', text: 'mine', files: [png] })
  const folders = readdirSync(join(core.home, 'workspace'))
  const filesOf = (folder: string): string[] =>
    readdirSync(join(core.home, 'workspace', folder, 'files')).map((name) => name.split('.').at(-1) ?? '')
  expect(filesOf('a')).toEqual(['png'])
  const big = folders.find((name) => name.startsWith('a~')) ?? ''
  expect(filesOf(big).sort()).toEqual(['png', 'txt'])
})
