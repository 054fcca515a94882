/** What comes in from outside: bad bodies, keys, hosts and the socket, against a running Core. */
import { request as httpRequest } from 'node:http'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { type Household, startHousehold } from './testing/household.ts'

let home: Household
beforeAll(async () => {
  home = await startHousehold()
})
afterAll(() => home?.stop())
afterEach(() => home.model.script(() => 'fine'))

describe('/ws', () => {
  test('answers carry the id of their message, also when two are under way', async () => {
    home.model.script(({ body }) => `re: ${String(body.messages.at(-1)?.content)}`)
    const socket = await openSocket({ 'X-API-Key': home.core.key })
    socket.send({ id: 'x', user_id: 'A', text: 'first' })
    socket.send({ id: 'y', user_id: 'a', text: 'second' })
    expect(await socket.find((frame) => frame['event'] === 'reply' && frame['id'] === 'x')).toMatchObject({
      text: 're: first',
      error: null,
    })
    expect(await socket.find((frame) => frame['event'] === 'reply' && frame['id'] === 'y')).toMatchObject({
      text: 're: second',
    })
    socket.send({ id: 'z', user_id: 'A', text: '' })
    expect(await socket.find((frame) => frame['id'] === 'z')).toMatchObject({
      event: 'error',
      code: 'message_invalid',
      status: 422,
      text: '',
    })
    socket.close()
  })

  test('tells who is online', async () => {
    const socket = await openSocket({ 'X-API-Key': home.core.key })
    const frame = await socket.find(({ event }) => event === 'companions')
    expect(frame['companions']).toMatchObject([
      { id: 'friend', name: 'Veda', state: 'ready' },
      { id: 'lost', state: 'offline' },
    ])
    socket.close()
  })

  test.each([
    ['no key', {}],
    ['a wrong key', { 'X-API-Key': 'wrong' }],
    ['a foreign page', { Origin: 'http://evil.example' }],
    ['a foreign host', { Host: 'evil.example' }],
  ])('refuses %s', async (_, headers) => {
    const keyed =
      Object.keys(headers).includes('X-API-Key') || Object.keys(headers).length === 0
        ? headers
        : { 'X-API-Key': home.core.key, ...headers }
    await expect(openSocket(keyed)).rejects.toThrow(/40[13]/)
  })

  test('garbage gets an answer and does not end the connection', async () => {
    const socket = await openSocket({ 'X-API-Key': home.core.key })
    socket.raw('not json')
    expect(await socket.find(({ event }) => event === 'error')).toMatchObject({ code: 'body_not_json' })
    socket.send({ event: 'ping' })
    await socket.find(({ event }) => event === 'pong')
    socket.close()
  })
})
describe('bad input has a clear answer and loses nothing', () => {
  const long = 'x'.repeat(10_000)
  test.each([
    ['no JSON', 'hello', 422, 'body_not_json'],
    ['not an object', '[]', 422, 'message_invalid'],
    ['text of another type', '{"text": 5}', 422, 'message_invalid'],
    ['empty text', '{"text": "  "}', 422, 'message_invalid'],
    ['nothing', '{}', 422, 'message_invalid'],
    ['an attachment that is no data: URL', '{"text": "x", "files": ["/etc/passwd"]}', 422, 'message_invalid'],
    ['a broken data: URL', '{"text": "x", "files": ["data:text/plain;base64,%%%"]}', 422, 'message_invalid'],
    ['depth 100,000', `${'['.repeat(100_000)}${']'.repeat(100_000)}`, 422, 'body_too_deep'],
    ['a user id of 10,000 characters', JSON.stringify({ text: 'x', user_id: long }), 422, 'message_invalid'],
    [
      'a message id of 10,000 characters',
      JSON.stringify({ text: 'x', message_id: long }),
      422,
      'message_invalid',
    ],
    [
      'a text of a million characters',
      JSON.stringify({ text: 'x'.repeat(1_000_000) }),
      422,
      'message_invalid',
    ],
    ['an unknown user', '{"text": "x", "user_id": "nobody"}', 403, 'sender_unknown'],
    ['../x', '{"text": "x", "user_id": "../x"}', 403, 'sender_unknown'],
    ['a/b', '{"text": "x", "user_id": "a/b"}', 403, 'sender_unknown'],
    ['an id in other case', '{"text": "x", "user_id": "ALICE"}', 403, 'sender_unknown'],
    ['emoji as id', '{"text": "x", "user_id": "🙂"}', 403, 'sender_unknown'],
    [
      'a user without permission for the channel',
      '{"text": "x", "user_id": "mail"}',
      403,
      'sender_not_permitted',
    ],
  ])('%s', async (_, body, status, code) => {
    const answer = await home.core.raw('/inbound', body)
    expect(answer).toMatchObject({
      status,
      body: { code, status, text: '', error: expect.any(String), title: expect.any(String) },
    })
    expect(answer.headers.get('content-type')).toBe('application/problem+json')
  })

  test('__proto__ is dropped, and nothing is polluted', async () => {
    const { status } = await home.core.raw(
      '/inbound',
      '{"text": "x", "__proto__": {"user_id": "alice"}, "constructor": {"prototype": {"a": 1}}}',
    )
    expect(status).toBe(200)
    expect((await home.core.inbound({ text: 'plain' })).status).toBe(200)
    const metadata = '{"kept": 1, "nested": {"__proto__": {"a": 1}, "kept": 2}}'
    await home.core.raw(
      '/api/plugins/memory/add',
      `{"user_id": "alice", "text": "A bike", "metadata": ${metadata}}`,
    )
    const headers = { 'X-API-Key': home.core.key }
    const kept = await fetch(`${home.core.url}/api/memories/export?user_id=alice`, { headers })
    expect(await kept.text()).toContain('"metadata":{"kept":1,"nested":{"kept":2}}')
  })

  test('unknown fields, null and `system` are what upstream’s clients send', async () => {
    const { status } = await home.core.inbound({
      text: 'x',
      user_id: 'system',
      friend_id: 'HomeClaw',
      reply_accepts: ['text'],
      images: null,
      location: null,
    })
    expect(status).toBe(200)
    expect((await home.messages('companion', 'system')).some(({ text }) => text === 'x')).toBe(true)
  })

  test('emoji, NUL and look-alikes in a text come back as they were', async () => {
    const text = 'naïve 🙂\u0000 ‮ раураl é'
    await home.core.inbound({ text, user_id: 'A' })
    expect((await home.messages('A', 'system')).some((message) => message.text === text)).toBe(true)
  })

  test('a body of 1 GB is refused after its first part', async () => {
    const { status, sent } = await sendEndless(1_000_000_000)
    expect(status).toBe(413)
    expect(sent).toBeLessThan(80_000_000)
    expect((await home.core.inbound({ text: 'still here' })).status).toBe(200)
  })
})
describe('who may come in', () => {
  test.each([
    ['no key', {}, 401, 'key_missing'],
    ['a wrong key', { 'X-API-Key': 'wrong' }, 401, 'key_missing'],
    ['a part of the key', { 'X-API-Key': 'test' }, 401, 'key_missing'],
  ])('%s', async (_, headers, status, code) => {
    for (const path of ['/inbound', '/api/chats', '/api/config/users', '/api/plugins', '/api/companions']) {
      const answer = await fetch(`${home.core.url}${path}`, {
        headers,
        ...(path === '/inbound' && { method: 'POST', body: '{}' }),
      })
      expect([path, answer.status, ((await answer.json()) as { code: string }).code]).toEqual([
        path,
        status,
        code,
      ])
    }
  })

  test('Bearer is as good as X-API-Key', async () => {
    const answer = await fetch(`${home.core.url}/api/chats`, {
      headers: { Authorization: `Bearer ${home.core.key}` },
    })
    expect(answer.status).toBe(200)
  })

  test('the page’s cookie: of this port alone, HttpOnly, SameSite=Strict, gone after log-out', async () => {
    const refused = await fetch(`${home.core.url}/api/session`, { method: 'POST', body: '{"key": "wrong"}' })
    expect(refused.status).toBe(401)
    const login = await fetch(`${home.core.url}/api/session`, {
      method: 'POST',
      body: JSON.stringify({ key: home.core.key }),
    })
    const cookie = login.headers.get('set-cookie') ?? ''
    expect(cookie).toMatch(/HttpOnly/)
    expect(cookie).toMatch(/SameSite=Strict/)
    expect(cookie).toContain(`homeclaw_session_${home.core.port}=`)
    const headers = { Cookie: cookie.split(';')[0] ?? '' }
    expect((await fetch(`${home.core.url}/api/chats`, { headers })).status).toBe(200)
    await fetch(`${home.core.url}/api/session`, { method: 'DELETE', headers })
    expect((await fetch(`${home.core.url}/api/chats`, { headers })).status).toBe(401)
  })
})
/** A WebSocket that remembers its frames; rejects with the status when it is refused. */
async function openSocket(headers: Record<string, string>) {
  const socket = new WebSocket(`${home.core.url.replace('http', 'ws')}/ws`, { headers })
  const frames: Record<string, unknown>[] = []
  const waiting = new Set<() => void>()
  socket.on('message', (data) => {
    frames.push(JSON.parse(String(data)))
    for (const look of waiting) look()
  })
  await new Promise<void>((resolve, reject) => {
    socket.once('open', resolve)
    socket.once('error', reject)
  })
  return {
    send: (frame: object) => socket.send(JSON.stringify(frame)),
    raw: (text: string) => socket.send(text),
    close: () => socket.close(),
    find: (matches: (frame: Record<string, unknown>) => boolean) =>
      new Promise<Record<string, unknown>>((resolve) => {
        const look = (): void => {
          const found = frames.find(matches)
          if (!found) return
          waiting.delete(look)
          resolve(found)
        }
        waiting.add(look)
        look()
      }),
  }
}
/** Sends a chunked body until the server answers or `size` bytes are out. */
function sendEndless(size: number): Promise<{ status: number; sent: number }> {
  return new Promise((resolve, reject) => {
    let sent = 0
    const piece = Buffer.alloc(1_000_000, 'x')
    const request = httpRequest(
      `${home.core.url}/inbound`,
      { method: 'POST', headers: { 'X-API-Key': home.core.key } },
      (response) => {
        resolve({ status: response.statusCode ?? 0, sent })
        response.resume()
        request.destroy()
      },
    )
    request.on('error', (error) => (request.destroyed ? undefined : reject(error)))
    const pump = (): void => {
      if (request.destroyed || sent >= size) return
      sent += piece.length
      request.write(piece, () => setImmediate(pump))
    }
    pump()
  })
}
