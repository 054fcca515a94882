/** What came with messages: who gets it, as what. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type RunningCore, startCore } from '../testing/core.ts'
import { startTestPlugin } from '../testing/plugin.ts'

const PIXEL =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='
const SCRIPT = Buffer.from('<script>alert(1)</script>').toString('base64')

let core: RunningCore
const tokens: Record<string, string> = {}
beforeAll(async () => {
  core = await startCore({
    coreYml:
      'model: none\ncompanions: [{ id: painter, plugin_id: painter, session_id_value: painter }]\nplugins: { painter: { start: false } }',
    userYml: 'users: [{ id: alice, name: Alice }, { id: bert, name: Bert }]',
  })
  for (const user of ['alice', 'bert'])
    tokens[user] = (await core.post('/api/tokens', { kind: 'user', for: user })).body.token
})
afterAll(() => core[Symbol.asyncDispose]())

const fetchAs = (who: string, path: string, method = 'GET'): Promise<Response> =>
  fetch(`${core.url}${path}`, { method, headers: { authorization: `Bearer ${tokens[who] ?? core.key}` } })
const messagesOf = async (partner = 'system') =>
  (await core.get(`/api/chats/${partner}/messages?user_id=alice`)).body.messages
const fileOf = (name: string): string => `/api/files/${encodeURIComponent(name)}?user_id=alice`

/** Alice sends it; gives the name it is kept by. */
async function attached(type: string, name: string, base64 = SCRIPT): Promise<string> {
  await core.inbound({
    user_id: 'alice',
    text: 'Look',
    images: [`data:${type};name=${encodeURIComponent(name)};base64,${base64}`],
  })
  return (await messagesOf()).findLast(({ role }: { role: string }) => role === 'user').files[0]
}

describe('what a person attached', () => {
  test('stands in the history and is given to them and the owner, and to nobody else', async () => {
    const name = await attached('image/png', 'a "fine" day.png', PIXEL)
    for (const who of ['alice', 'owner']) {
      const answer = await fetchAs(who, fileOf(name))
      expect(answer.status).toBe(200)
      expect(Buffer.from(await answer.arrayBuffer()).toString('base64')).toBe(PIXEL)
      expect(Object.fromEntries(answer.headers)).toMatchObject({
        'content-type': 'image/png',
        'content-disposition': "attachment; filename*=UTF-8''a%20_fine_%20day.png",
        'x-content-type-options': 'nosniff',
        'content-security-policy': "default-src 'none'; sandbox",
        'cache-control': 'no-store',
      })
    }
    expect((await fetchAs('bert', fileOf(name))).status).toBe(403)
    expect((await fetchAs('bert', fileOf(name).replace('alice', 'bert'))).status).toBe(404)
    expect((await fetch(`${core.url}${fileOf(name)}`)).status).toBe(401)
  })

  test.each([
    ['text/html', 'page.html'],
    ['image/svg+xml', 'drawing.svg'],
    ['application/xhtml+xml', 'page.xhtml'],
    ['text/javascript', 'code.js'],
    ['application/pdf', 'paper.pdf'],
  ])('of the type %s is bytes to a browser', async (type, name) => {
    const answer = await fetchAs('alice', fileOf(await attached(type, name)))
    expect(answer.headers.get('content-type')).toBe('application/octet-stream')
    expect(answer.headers.get('content-disposition')).toBe(`attachment; filename*=UTF-8''${name}`)
  })

  test.each(['../../config/core.yml', '..%2f..%2fconfig%2fcore.yml', 'core.yml', '%00', '%', '~'])(
    'is all there is: %s leads nowhere',
    async (name) => {
      const answer = await fetchAs('owner', `/api/files/${name}?user_id=alice`)
      expect(answer.status).toBe(404)
    },
  )
})

describe('pictures of an answer', () => {
  test('are given out from the record, to whom the answer is for', async () => {
    const images = [
      `data:image/png;base64,${PIXEL}`,
      'https://elsewhere.example/a.png',
      `data:image/svg+xml;base64,${SCRIPT}`,
    ]
    const plugin = await startTestPlugin(() => ({ text: 'Here', metadata: { images } }))
    await core.post('/api/plugins/register', plugin.registration('painter', { capabilities: [] }))
    await core.inbound({ user_id: 'alice', session_id: 'painter', text: 'Paint' })
    const answer = (await messagesOf('painter')).at(-1)
    expect(answer.images).toEqual([
      `/api/turns/${answer.turn}/images/0`,
      images[1],
      `/api/turns/${answer.turn}/images/2`,
    ])
    const [picture, , drawing] = answer.images
    const shown = await fetchAs('alice', picture)
    expect(shown.headers.get('content-type')).toBe('image/png')
    expect(Buffer.from(await shown.arrayBuffer()).toString('base64')).toBe(PIXEL)
    expect((await fetchAs('alice', drawing)).headers.get('content-type')).toBe('application/octet-stream')
    expect((await fetchAs('bert', picture)).status).toBe(404)
    for (const at of ['1', '9', '-1', 'x', '__proto__'])
      expect((await fetchAs('alice', `/api/turns/${answer.turn}/images/${at}`)).status).toBe(404)
    await plugin.close()
  })
})

test('only who the exchange belongs to chooses its version', async () => {
  await core.inbound({ user_id: 'alice', text: 'one more' })
  const { turn } = (await messagesOf()).at(-1)
  expect((await fetchAs('bert', `/api/turns/${turn}/choose`, 'POST')).status).toBe(404)
  expect((await fetchAs('alice', `/api/turns/${turn}/choose`, 'POST')).status).toBe(200)
})
