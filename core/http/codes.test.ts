import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { WebSocket } from 'ws'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type RunningCore, startCore } from '../testing/core.ts'

const users = `
users:
  - { id: alice, name: Alice }
  - { id: bert, name: Bert }
  - { id: carl, name: Carl }
`
let core: RunningCore
beforeAll(async () => {
  core = await startCore({ coreYml: 'model: none', userYml: users })
  for (const id of ['alice', 'bert']) await setCode(id, `the code of ${id}`)
})
afterAll(async () => {
  await core[Symbol.asyncDispose]()
  core.remove()
})

const setCode = (id: string, code: string) => put(`/api/config/users/${id}/code`, { code }, owner())
const owner = () => ({ 'x-api-key': core.key })

async function put(path: string, body: object, headers: Record<string, string>): Promise<number> {
  const { status } = await fetch(core.url + path, { method: 'PUT', headers, body: JSON.stringify(body) })
  return status
}

async function logIn(
  user: string,
  code: string,
): Promise<{ status: number; cookie: string; code?: string; retryAfter?: string }> {
  const answer = await fetch(`${core.url}/api/session`, {
    method: 'POST',
    body: JSON.stringify({ user, code }),
  })
  const cookie = answer.headers.getSetCookie()[0]?.split(';')[0] ?? ''
  const { code: problem } = (await answer.json()) as { code?: string }
  const retryAfter = answer.headers.get('retry-after')
  return {
    status: answer.status,
    cookie,
    ...(problem && { code: problem }),
    ...(retryAfter && { retryAfter }),
  }
}

const whoIs = async (cookie: string): Promise<unknown> =>
  (await fetch(`${core.url}/api/session`, { headers: { cookie } })).json()

describe('a pass code', () => {
  test('logs its person in, by id or name, as nobody else', async () => {
    for (const name of ['alice', 'Alice', ' ALICE ']) {
      const { status, cookie } = await logIn(name, 'the code of alice')
      expect({ name, status, who: await whoIs(cookie) }).toEqual({
        name,
        status: 200,
        who: { caller: 'user', user_id: 'alice' },
      })
    }
  })

  test('is refused alike when it is wrong, belongs to another, or there is no such user or code', async () => {
    const tries = [
      ['alice', 'the code of bert'],
      ['nobody', 'the code of alice'],
      ['carl', ''],
      ['carl', 'the code of carl'],
    ] as const
    for (const [user, code] of tries.filter(([, code]) => code))
      expect(await logIn(user, code)).toEqual({ status: 401, cookie: '', code: 'code_wrong' })
  })

  test('is changed by its person with the present one, which ends all log-ins but a new one there', async () => {
    const { cookie } = await logIn('bert', 'the code of bert')
    const change = (present: string): Promise<Response> =>
      fetch(`${core.url}/api/config/users/bert/code`, {
        method: 'PUT',
        headers: { cookie },
        body: JSON.stringify({ code: 'another code', present }),
      })
    expect((await change('a wrong code')).status).toBe(401)
    const changed = await change('the code of bert')
    expect(changed.status).toBe(200)
    expect(await whoIs(cookie)).toMatchObject({ status: 401 })
    const fresh = changed.headers.getSetCookie()[0]?.split(';')[0] ?? ''
    expect(await whoIs(fresh)).toEqual({ caller: 'user', user_id: 'bert' })
    expect((await logIn('bert', 'the code of bert')).status).toBe(401)
    expect((await logIn('bert', 'another code')).status).toBe(200)
  })

  test('is seen, set and removed by its person and the owner alone', async () => {
    const { cookie } = await logIn('alice', 'the code of alice')
    for (const id of ['carl', 'bert'])
      for (const method of ['GET', 'PUT', 'DELETE']) {
        const body = method === 'PUT' ? { body: JSON.stringify({ code: 'taken over', present: '' }) } : {}
        const answer = await fetch(`${core.url}/api/config/users/${id}/code`, {
          method,
          headers: { cookie },
          ...body,
        })
        expect({ id, method, status: answer.status }).toEqual({ id, method, status: 403 })
        expect(answer.headers.getSetCookie()).toEqual([])
      }
    expect((await logIn('carl', 'taken over')).status).toBe(401)
    expect((await logIn('bert', 'another code')).status).toBe(200)
  })

  test('is not on disk', () => {
    const database = readFileSync(join(core.home, 'database/core.db'))
    const log = readFileSync(join(core.home, 'database/core.db-wal'))
    expect(Buffer.concat([database, log]).includes('the code of')).toBe(false)
    expect(core.log()).not.toContain('the code of')
  })

  test('ends with the log-out: here, and everywhere', async () => {
    const [one, two, three] = await Promise.all([1, 2, 3].map(() => logIn('alice', 'the code of alice')))
    const out = (cookie: string, where = '') =>
      fetch(`${core.url}/api/session${where}`, { method: 'DELETE', headers: { cookie } })
    await out(one!.cookie)
    expect(await whoIs(one!.cookie)).toMatchObject({ status: 401 })
    expect(await whoIs(two!.cookie)).toMatchObject({ user_id: 'alice' })
    const socket = new WebSocket(`${core.url.replace('http', 'ws')}/ws`, {
      headers: { cookie: three!.cookie },
    })
    await once(socket, 'message')
    const closed = once(socket, 'close')
    await out(two!.cookie, '?everywhere')
    expect((await closed)[0]).toBe(1008)
    expect(await whoIs(three!.cookie)).toMatchObject({ status: 401 })
  })
})

test('guessing is slowed down, at once, for all tries together, and after a restart', async () => {
  const guesses = await Promise.all(Array.from({ length: 12 }, () => logIn('guessed', 'wrong code')))
  expect(guesses.filter(({ status }) => status === 401)).toHaveLength(6)
  expect(guesses.filter(({ status }) => status === 429)).toHaveLength(6)
  await core.kill()
  core = await startCore({ home: core.home })
  for (let n = 0; n < 4; n++) await logIn('guessed', 'wrong code')
  expect(await logIn('guessed', 'wrong code')).toMatchObject({
    status: 429,
    code: 'too_many_tries',
    retryAfter: expect.stringMatching(/^\d+$/),
  })
  expect((await logIn('alice', 'the code of alice')).status).toBe(200)
}, 40_000)
