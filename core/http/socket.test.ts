/** What the other end of a socket may do to a running Core: nothing. */
import { once } from 'node:events'
import { connect } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { type RunningCore, startCore } from '../testing/core.ts'
import { createScriptedModelServer, type ScriptedModelServer } from '../testing/scripted-model.ts'

let model: ScriptedModelServer
let core: RunningCore

beforeAll(async () => {
  model = await createScriptedModelServer()
  core = await startCore({
    coreYml: `model: { name: scripted, base_url: ${model.url} }\n`,
    userYml: 'users: []\n',
  })
})
afterAll(async () => {
  await core?.stop()
  await model?.close()
})

const upgrade = (key: string): string =>
  [
    'GET /ws HTTP/1.1',
    `Host: 127.0.0.1:${core.port}`,
    `X-API-Key: ${key}`,
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    '\r\n',
  ].join('\r\n')

test.each([
  ['refused', 'wrong'],
  ['accepted', 'test-owner-key'],
])('a client that breaks off while it is %s does not end Core', async (_, key) => {
  for (let at = 0; at < 20; at++) {
    const socket = connect(core.port, '127.0.0.1')
    await once(socket, 'connect')
    await new Promise((resolve) => socket.write(upgrade(key), resolve))
    socket.resetAndDestroy()
  }
  expect((await core.get('/health')).status).toBe(200)
})

test('a plugin is refused: chats, and who is online, are for people', async () => {
  const registration = {
    plugin_id: 'nosy',
    name: 'Nosy',
    description: '',
    health_check_url: 'http://127.0.0.1:9/health',
    type: 'http',
    config: { base_url: 'http://127.0.0.1:9' },
    capabilities: [],
  }
  const { body } = await core.post('/api/plugins/register', registration)
  expect(body.token).toMatch(/^nosy\./)
  const socket = connect(core.port, '127.0.0.1')
  socket.write(upgrade(body.token))
  const [answer] = await once(socket, 'data')
  expect(String(answer)).toMatch(/^HTTP\/1.1 403 /)
})

test('a refused client that keeps its end open is let go', async () => {
  const socket = connect({ port: core.port, host: '127.0.0.1', allowHalfOpen: true })
  socket.write(upgrade('wrong'))
  const [answer] = await once(socket, 'data')
  expect(String(answer)).toMatch(/^HTTP\/1.1 401 /)
  await once(socket, 'end')
  const broken = once(socket, 'error')
  const writing = setInterval(() => socket.write('still here'), 5)
  await broken.finally(() => clearInterval(writing))
})

test('a client that does not read is cut off; what it was told is in its chat', async () => {
  const rounds = 24
  model.script(() => 'x'.repeat(1_000_000))
  const socket = new WebSocket(`ws://127.0.0.1:${core.port}/ws`, { headers: { 'X-API-Key': core.key } })
  await once(socket, 'open')
  socket.pause()
  for (let at = 0; at < rounds; at++) socket.send(JSON.stringify({ text: `Number ${at}` }))
  const answered = async (): Promise<number> => {
    const { body } = await core.get('/api/chats/system/messages?limit=200')
    return body.messages.filter(({ role }: { role: string }) => role === 'assistant').length
  }
  await expect.poll(answered, { interval: 200 }).toBe(rounds)
  socket.resume()
  const [code] = await once(socket, 'close')
  expect(code).toBe(1006)
})
