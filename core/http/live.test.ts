/** What keeps several devices of a person in step: news of chats, what was read, an answer that is stopped. */
import { once } from 'node:events'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import type { SocketFrame } from '#contract'
import { type RunningCore, startCore } from '../testing/core.ts'
import { createScriptedModelServer, type ScriptedModelServer } from '../testing/scripted-model.ts'
import { until } from '../testing/until.ts'

let model: ScriptedModelServer
let core: RunningCore
const open: WebSocket[] = []

beforeAll(async () => {
  model = await createScriptedModelServer()
  core = await startCore({
    coreYml: `model: { name: scripted, base_url: ${model.url} }\n`,
    userYml: 'users: [{ id: ann, name: Ann }, { id: ben, name: Ben }]\n',
  })
})
afterEach(() => {
  for (const socket of open.splice(0)) socket.terminate()
})
afterAll(async () => {
  await core?.stop()
  await model?.close()
})

/** A page that is open: what it heard, by the name of the event. */
async function page() {
  const socket = new WebSocket(`ws://127.0.0.1:${core.port}/ws`, { headers: { 'X-API-Key': core.key } })
  const frames: SocketFrame[] = []
  socket.on('message', (data) => frames.push(JSON.parse(String(data))))
  open.push(socket)
  await once(socket, 'open')
  return {
    send: (frame: object) => socket.send(JSON.stringify(frame)),
    heard: <Name extends SocketFrame['event']>(name: Name) =>
      frames.filter((frame): frame is Extract<SocketFrame, { event: Name }> => frame.event === name),
  }
}

const unreadOf = async (user: string): Promise<unknown> =>
  (await core.get(`/api/chats?user_id=${user}`)).body.chats.map(
    ({ partner, unread }: { partner: string; unread: number }) => [partner, unread],
  )

test('a message is news to the other pages, which hear whose chat it is and not one word of it', async () => {
  const [one, other] = await Promise.all([page(), page()])
  one.send({ id: 'a', message_id: 'a', user_id: 'ann', text: 'my secret', channel_name: 'webchat' })
  await until(() => expect(one.heard('reply')).toHaveLength(1))
  await until(() =>
    expect(other.heard('chat').at(-1)).toEqual({
      event: 'chat',
      user_id: 'ann',
      partner: 'system',
      message_id: 'a',
    }),
  )
  expect(JSON.stringify(other.heard('chat'))).not.toContain('secret')
})

test('an answer that takes its time: the question is news as soon as it is on disk', async () => {
  model.script(() => ({ text: 'late words', chunks: 2, delay: 300 }))
  const [one, other] = await Promise.all([page(), page()])
  one.send({ id: 'b', message_id: 'b', user_id: 'ann', text: 'Wait for it', channel_name: 'webchat' })
  await until(() => expect(other.heard('chat')).toHaveLength(1))
  expect(one.heard('reply')).toEqual([])
  await until(() => expect(one.heard('reply')).toHaveLength(1))
})

test('what is unread is counted for each person, and read on one device it is read on all', async () => {
  model.script(() => 'Noted')
  for (const text of ['one', 'two'])
    await core.inbound({ user_id: 'ben', text, channel_name: 'webchat', session_id: 's' })
  await core.inbound({ user_id: 'ben', text: 'read elsewhere', channel_name: 'telegram' })
  expect(await unreadOf('ben')).toEqual([['system', 2]])
  const other = await page()
  await core.post('/api/chats/system/read?user_id=ben', {})
  expect(await unreadOf('ben')).toEqual([['system', 0]])
  await until(() =>
    expect(other.heard('chat')).toEqual([{ event: 'chat', user_id: 'ben', partner: 'system' }]),
  )
})

test('an answer that is stopped ends with the words so far, and so does the work of the model', async () => {
  model.script(() => ({ text: 'Once upon a time there was a house', chunks: 30, delay: 200 }))
  const one = await page()
  one.send({
    id: 'c',
    message_id: 'c',
    user_id: 'ann',
    text: 'A story',
    channel_name: 'webchat',
    stream: true,
  })
  await until(() => expect(one.heard('delta').length).toBeGreaterThan(0))
  expect(one.heard('delta')[0]).toMatchObject({ id: 'c', partner: 'system' })
  one.send({ event: 'cancel', id: 'c' })
  await until(() => expect(one.heard('reply')).toHaveLength(1))
  const said = one
    .heard('delta')
    .map(({ text }) => text)
    .join('')
  expect(one.heard('reply')[0]?.text).toBe(said)
  expect(await model.requests.at(-1)?.ended).toBe('aborted')
  const { body } = await core.get('/api/chats/system/messages?user_id=ann&limit=2')
  expect(body.messages).toMatchObject([{ text: 'A story' }, { text: said }])
  expect(body.messages[0].failed).toBeUndefined()
})

test('an answer that is stopped before its first word was not given: the message can be sent again', async () => {
  model.script(() => ({ hang: true }))
  const one = await page()
  const message = {
    id: 'd',
    message_id: 'd',
    user_id: 'ann',
    text: 'Well?',
    channel_name: 'webchat',
    stream: true,
  }
  const asked = model.requests.length
  one.send(message)
  await until(() => expect(model.requests.length).toBe(asked + 1))
  one.send({ event: 'cancel', id: 'd' })
  await until(() =>
    expect(one.heard('error')).toMatchObject([{ id: 'd', code: 'cancelled', partner: 'system' }]),
  )
  model.script(() => 'Well')
  one.send(message)
  await until(() => expect(one.heard('reply')).toMatchObject([{ id: 'd', text: 'Well' }]))
})

test('an answer says what it rests on: memories by their id, tools by their name, and how long it took', async () => {
  model.script(() => 'Noted')
  await core.inbound({ user_id: 'ann', text: 'My bike is in the red shed', channel_name: 'webchat' })
  for (let at = 0; at < 12; at++)
    await core.inbound({ user_id: 'ann', text: `Number ${at}`, channel_name: 'webchat' })
  const call = { name: 'recall', arguments: { query: 'bike' } }
  model.script(({ body }) => (body.messages.at(-1)?.role === 'tool' ? 'In the shed' : { tool_calls: [call] }))
  const { body } = await core.inbound({ user_id: 'ann', text: 'Where is my bike?', channel_name: 'webchat' })
  expect(body.why).toMatchObject({ ms: expect.any(Number) })
  expect(body.why.tools).toHaveLength(1)
  const [id] = body.why.memories
  const memory = await core.get(`/api/memories/${id}?user_id=ann`)
  expect(memory.body.memory).toContain('red shed')
  expect((await core.get(`/api/memories/${id}?user_id=ben`)).status).toBe(404)
  const history = await core.get('/api/chats/system/messages?user_id=ann&limit=1')
  expect(history.body.messages[0].why).toEqual(body.why)
})
