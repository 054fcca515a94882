/** The faces of companions. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type RunningCore, startCore } from '../testing/core.ts'

const companion = (id: string, picture?: string) => ({
  id,
  plugin_id: 'friends',
  session_id_value: id,
  ...(picture && { picture }),
})

let core: RunningCore
const tokens: Record<string, string> = {}
beforeAll(async () => {
  core = await startCore({
    coreYml: JSON.stringify({
      model: 'none',
      companions: [
        companion('veda', 'véda 1.JPG'),
        companion('gone', 'gone.webp'),
        companion('folder', 'folder.png'),
        companion('plain'),
      ],
      plugins: { friends: { start: false } },
    }),
    userYml: 'users: [{ id: alice, name: Alice }]',
  })
  const config = join(core.home, 'config')
  writeFileSync(join(config, 'véda 1.JPG'), 'a face')
  mkdirSync(join(config, 'folder.png'))
  for (const [kind, subject] of [
    ['user', 'alice'],
    ['channel', 'telegram'],
  ] as const)
    tokens[kind] = (await core.post('/api/tokens', { kind, for: subject })).body.token
})
afterAll(() => core[Symbol.asyncDispose]())

const fetchAs = (token: string | undefined, path: string): Promise<Response> =>
  fetch(`${core.url}${path}`, { headers: token ? { authorization: `Bearer ${token}` } : {} })

test('stand in the list where there is one, and are given to the people of the house', async () => {
  const { companions } = (await core.get('/api/companions')).body
  expect(companions.map(({ picture }: { picture?: string }) => picture)).toEqual([
    '/api/companions/veda/picture?file=v%C3%A9da+1.JPG',
    '/api/companions/gone/picture?file=gone.webp',
    '/api/companions/folder/picture?file=folder.png',
    undefined,
  ])
  for (const token of [core.key, tokens['user']]) {
    const answer = await fetchAs(token, companions[0].picture)
    expect(await answer.text()).toBe('a face')
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'content-type': 'image/jpeg',
      'content-disposition': "attachment; filename*=UTF-8''v%C3%A9da%201.JPG",
      'x-content-type-options': 'nosniff',
      'content-security-policy': "default-src 'none'; sandbox",
    })
  }
  expect((await fetchAs(tokens['channel'], companions[0].picture)).status).toBe(403)
  expect((await fetchAs(undefined, companions[0].picture)).status).toBe(401)
})

test.each(['gone', 'folder', 'plain', 'nobody', '..', '__proto__'])('there is none of %s', async (id) => {
  expect((await fetchAs(core.key, `/api/companions/${encodeURIComponent(id)}/picture`)).status).toBe(404)
})
