import { request } from 'node:http'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createApp } from '../testing/app.ts'
import { type RunningCore, startCore } from '../testing/core.ts'
import { startEcho, echoRegistration, type Echo } from '../testing/echo.ts'
import { createScriptedModelServer, type ScriptedModelServer } from '../testing/scripted-model.ts'
import { until } from '../testing/until.ts'

let core: RunningCore
let model: ScriptedModelServer
let echo: Echo
const coreYml = (url: string) => `
model: { name: scripted, base_url: ${url} }
companions:
  - { id: friend, plugin_id: echo, session_id_value: friend }
plugins:
  echo: { start: false }
`
const userYml = `
users:
  - { id: alice, name: Alice, im: ['whatsapp:42'] }
`

beforeAll(async () => {
  model = await createScriptedModelServer()
  echo = await startEcho()
  core = await startCore({ coreYml: coreYml(model.url), userYml })
  await core.post('/api/plugins/register', echoRegistration(echo.url))
})
afterAll(async () => {
  await core.stop()
  await model.close()
  await echo.close()
})

let n = 0
const accept = (fields: object = {}) =>
  core.inbound({ user_id: 'alice', channel_name: 'webchat', text: `question ${++n}`, async: true, ...fields })
const resultOf = (id: string) => core.get(`/inbound/result?request_id=${id}`)
const done = (id: string) =>
  until(async () => expect(await resultOf(id)).toMatchObject({ status: 200, body: { status: 'done' } }))

describe('async: true', () => {
  test('is accepted at once, and its reply is fetched, as often as one likes', async () => {
    const { status, body } = await accept()
    expect(status).toBe(202)
    expect(body).toMatchObject({
      status: 'accepted',
      request_id: expect.any(String),
      message_id: expect.any(String),
    })
    await done(body.request_id)
    const [first, second] = [await resultOf(body.request_id), await resultOf(body.request_id)]
    expect(first.body).toMatchObject({
      request_id: body.request_id,
      message_id: body.message_id,
      partner: 'system',
    })
    expect(second.body).toEqual(first.body)
  })

  test('again with the same message id is the same request; with another text it is refused', async () => {
    const message = { message_id: 'the same', text: 'once' }
    const { body } = await accept(message)
    await done(body.request_id)
    expect((await accept(message)).body.request_id).toBe(body.request_id)
    expect(await accept({ ...message, text: 'twice' })).toMatchObject({ status: 409 })
  })

  test('of a companion with nobody picked leaves no words once it was fetched and delivered', async () => {
    const { body } = await accept({ user_id: 'companion', session_id: 'friend', text: 'a secret word' })
    await done(body.request_id)
    expect((await resultOf(body.request_id)).body).toMatchObject({
      text: 'echo: a secret word',
      partner: 'friend',
    })
    expect((await core.get('/api/inbox?user_id=companion')).body.unread).toBe(0)
  })

  test('is cancelled also while it waits for another one of its chat', async () => {
    model.script(() => ({ hang: true }))
    const first = (await accept()).body.request_id
    const second = (await accept()).body.request_id
    const cancelled = await core.post('/inbound/cancel', { request_id: second })
    expect(cancelled.body).toMatchObject({ ok: true, status: 'cancelled' })
    expect((await resultOf(first)).status).toBe(202)
    await core.post('/inbound/cancel', { request_id: first })
    model.script(() => 'fine')
    expect((await resultOf(second)).body).toMatchObject({ status: 'cancelled' })
  })

  test('cancelled and sent again under its id, it is answered, though the cancelled one has not ended', async () => {
    model.script(() => ({ hang: true }))
    const first = (await accept()).body.request_id
    const message = { message_id: 'again', text: 'after all' }
    const second = (await accept(message)).body.request_id
    await core.post('/inbound/cancel', { request_id: second })
    expect((await accept(message)).body.request_id).toBe(second)
    expect((await resultOf(second)).status).toBe(202)
    await core.post('/inbound/cancel', { request_id: second })
    expect((await resultOf(second)).body).toMatchObject({ status: 'cancelled' })
    await accept(message)
    await accept(message)
    model.script(() => 'fine')
    await core.post('/inbound/cancel', { request_id: first })
    await done(second)
    const { messages } = (await core.get('/api/chats/system/messages?user_id=alice&limit=200')).body
    const asked = messages.filter(({ text }: { text: string }) => text === 'after all')
    expect(asked).toHaveLength(1)
    expect(messages.at(-1)).toMatchObject({ role: 'assistant', text: 'fine' })
  })

  test('cancelled and sent again by somebody who waits, it is answered as well', async () => {
    model.script(() => ({ hang: true }))
    const first = (await accept()).body.request_id
    const message = { message_id: 'again, waiting', text: 'after all' }
    const second = (await accept(message)).body.request_id
    await core.post('/inbound/cancel', { request_id: second })
    const waiting = core.inbound({ user_id: 'alice', channel_name: 'webchat', ...message })
    model.script(() => 'fine')
    await core.post('/inbound/cancel', { request_id: first })
    expect(await waiting).toMatchObject({ status: 200, body: { text: 'fine', request_id: second } })
  })

  test('is not shown to the person’s apps while it may still be fetched', async () => {
    const phone = createApp('alice')
    await phone.connect(core)
    const { body } = await accept()
    await until(async () => expect((await core.get('/api/inbox?user_id=alice')).body.unread).toBe(1))
    await core.post('/api/plugins/deliver', { user_id: 'alice', companion: 'system', text: 'something else' })
    await until(() => expect(phone.seen).not.toEqual([]))
    await done(body.request_id)
    expect(phone.seen.map(({ text }) => text)).toEqual(['something else'])
    phone.drop()
  })

  test('is refused like any other message', async () => {
    expect(await accept({ user_id: 'stranger' })).toMatchObject({ status: 403 })
    expect(await accept({ text: '' })).toMatchObject({ status: 422 })
    expect(await resultOf('unknown')).toMatchObject({ status: 404 })
  })

  test('cancelled, it ends without an answer', async () => {
    model.script(() => ({ hang: true }))
    const { body } = await accept()
    await until(async () => expect((await resultOf(body.request_id)).status).toBe(202))
    const cancelled = await core.post('/inbound/cancel', { request_id: body.request_id })
    expect(cancelled.body).toEqual({ ok: true, status: 'cancelled', request_id: body.request_id })
    expect((await resultOf(body.request_id)).body).toMatchObject({
      status: 'cancelled',
      code: 'cancelled',
      text: '',
    })
    model.script(() => 'fine')
    expect(await core.post('/inbound/cancel', { request_id: 'unknown' })).toMatchObject({ status: 404 })
  })
})

describe('whoever waits no more', () => {
  test('gets the reply as a delivery, in the chat where it is already, under its request_id', async () => {
    model.script(() => ({ text: 'the late answer', delay: 400 }))
    await leaveEarly({ user_id: 'alice', channel_name: 'webchat', text: 'a long one', message_id: 'gone' })
    const phone = createApp('alice')
    await phone.connect(core)
    await until(() =>
      expect(phone.seen).toMatchObject([{ text: 'the late answer', source: 'turn', partner: 'system' }]),
    )
    phone.drop()
    const { messages } = (await core.get('/api/chats/system/messages?user_id=alice&limit=200')).body
    const answers = messages.filter(({ text }: { text: string }) => text === 'the late answer')
    expect(answers.map(({ id }: { id: string }) => id)).toEqual([phone.seen[0]?.id])
  })

  test('gets it once: who asks again is given it, and it is not delivered any more', async () => {
    model.script(() => ({ text: 'asked again', delay: 300 }))
    const message = {
      user_id: 'alice',
      channel_name: 'webchat',
      text: 'another long one',
      message_id: 'gone 2',
    }
    await leaveEarly(message)
    await until(async () => expect((await core.get('/api/inbox?user_id=alice')).body.unread).toBe(1))
    const { body } = await core.inbound(message)
    expect(body).toMatchObject({ text: 'asked again' })
    expect((await core.get('/api/inbox?user_id=alice')).body.unread).toBe(0)
  })

  test('but is there after all: nothing is delivered beside the reply', async () => {
    model.script(() => 'at once')
    await core.inbound({ user_id: 'alice', channel_name: 'webchat', text: 'a short one' })
    expect((await core.get('/api/inbox?user_id=alice')).body).toEqual({ messages: [], unread: 0 })
  })
})

describe('a streaming answer', () => {
  test('is stopped by its id: the words so far are the answer', async () => {
    model.script(() => ({ hang: true, text: 'one two three', after: 1 }))
    const headers = { 'X-API-Key': core.key, 'Content-Type': 'application/json' }
    const body = JSON.stringify({ user_id: 'alice', text: 'tell me', stream: true })
    const answer = await fetch(`${core.url}/inbound`, { method: 'POST', headers, body })
    const reader = answer.body!.pipeThrough(new TextDecoderStream()).getReader()
    let heard = ''
    const hear = async (): Promise<boolean> => {
      const { value, done } = await reader.read()
      heard += value ?? ''
      return !done
    }
    while (!heard.includes('"delta"')) await hear()
    const { request_id } = JSON.parse(/data: (.*"started".*)/.exec(heard)?.[1] ?? '')
    expect((await core.post('/inbound/cancel', { request_id })).body).toMatchObject({ ok: true })
    while (await hear()) continue
    expect(heard).toMatch(/"event":"done","ok":true.*"text":"o/)
    model.script(() => 'fine')
  })

  test('is stopped on /ws by the id of its message', async () => {
    model.script(() => ({ hang: true, text: 'one two three', after: 1 }))
    const page = createApp('alice')
    await page.connect(core)
    page.send({ id: 'q1', user_id: 'alice', text: 'tell me', stream: true })
    await until(() => expect(page.frames.some(({ event }) => event === 'delta')).toBe(true))
    page.send({ event: 'cancel', id: 'q1' })
    await until(() =>
      expect(page.frames).toContainEqual(
        expect.objectContaining({ event: 'reply', id: 'q1', text: expect.stringMatching(/^o/) }),
      ),
    )
    page.drop()
    model.script(() => 'fine')
  })
})

test('what was accepted is answered after a power cut', async () => {
  const first = await startCore({ coreYml: coreYml(model.url), userYml })
  model.script(() => ({ hang: true }))
  const { body } = await first.inbound({ user_id: 'alice', text: 'before the cut', async: true })
  expect(body.status).toBe('accepted')
  await first.kill()
  model.script(() => 'after the cut')
  await using second = await startCore({ home: first.home })
  await until(async () =>
    expect((await second.get(`/inbound/result?request_id=${body.request_id}`)).body).toMatchObject({
      status: 'done',
      text: 'after the cut',
    }),
  )
  const { messages } = (await second.get('/api/chats/system/messages?user_id=alice')).body
  expect(messages.map(({ text }: { text: string }) => text)).toEqual(['before the cut', 'after the cut'])
  await second.stop()
  first.remove()
})

/** Sends a message and breaks the connection off before the reply is there. */
async function leaveEarly(message: object): Promise<void> {
  const headers = { 'X-API-Key': core.key, 'Content-Type': 'application/json' }
  const asked = request(`${core.url}/inbound`, { method: 'POST', headers })
  asked.on('error', () => {})
  asked.end(JSON.stringify(message))
  await new Promise((resolve) => setTimeout(resolve, 100))
  asked.destroy()
}
