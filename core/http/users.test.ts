import { mkdir, mkdtemp, open, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { serve, type ServerType } from '@hono/node-server'
import { Hono } from 'hono'
import { pino } from 'pino'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { problemDocument, userResponse, usersResponse } from '#contract'
import { createUserEdits } from '../config/edit-users.ts'
import { type LiveConfig, watchConfig } from '../config/live.ts'
import { loadConfig } from '../config/load.ts'
import { Problem, toDocument } from '../errors.ts'
import { createUsers } from '../users/identify.ts'
import type { Users } from '../users/users.ts'
import type { Caller, Env } from './env.ts'
import { usersRoutes } from './users.ts'

const USERS = `# the household
users:
  # the owner
  - id: me   # never change
    name: Me

  - name: Maya Ruiz
    im: [ "telegram:1" ]   # phone
`
const CORE = 'companions: [{ keyword: Veda }]\nplugins: { friends: {} }\n'

let home: string
let live: LiveConfig
let users: Users
let server: ServerType
let caller: Caller

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'homeclaw-users-'))
  await mkdir(join(home, 'config'))
  await writeFile(join(home, 'config/core.yml'), CORE)
  await writeFile(join(home, 'config/user.yml'), USERS)
  live = watchConfig({ home, env: {}, log: pino({ level: 'silent' }), first: loadConfig(home, {}) })
  users = createUsers(live.current)
  caller = { kind: 'owner' }
  const app = new Hono<Env>()
    .use((c, next) => {
      c.set('caller', caller)
      return next()
    })
    .route('/', usersRoutes({ users, edit: createUserEdits({ home, env: {}, live }) }))
    .onError((error, c) => {
      if (!(error instanceof Problem)) throw error
      return c.json(toDocument(error), { status: error.status as 422 })
    })
  server = await new Promise((resolve) => {
    const listening = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }, () => resolve(listening))
  })
})
afterEach(async () => {
  await new Promise((resolve) => server.close(resolve))
  live.close()
  await rm(home, { recursive: true })
})

async function ask(method: string, path = '', body?: unknown): Promise<{ status: number; body: unknown }> {
  const { port } = server.address() as AddressInfo
  const response = await fetch(`http://127.0.0.1:${port}/api/config/users${path}`, {
    method,
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  })
  return { status: response.status, body: await response.json() }
}
const onDisk = () => readFile(join(home, 'config/user.yml'), 'utf8')
const ME = { id: 'me', name: 'Me', email: [], im: [], phone: [], permissions: [] }
const MAYA = { ...ME, id: 'Maya Ruiz', name: 'Maya Ruiz', im: ['telegram:1'] }

describe('GET', () => {
  test('the owner sees all, a user only themself, others nothing', async () => {
    expect(await ask('GET')).toEqual({ status: 200, body: { users: [ME, MAYA] } })
    caller = { kind: 'user', user_id: 'me' }
    const { body } = await ask('GET')
    expect(usersResponse.parse(body)).toEqual({ users: [ME] })
    for (const other of [
      { kind: 'plugin', plugin_id: 'x' },
      { kind: 'channel', channel: 'x' },
    ] as const) {
      caller = other
      expect(await ask('GET')).toMatchObject({ status: 403, body: { code: 'not_allowed' } })
    }
  })
})

describe('only the owner changes users', () => {
  test.each(['POST', 'PATCH', 'DELETE'])('%s', async (method) => {
    caller = { kind: 'user', user_id: 'me' }
    const answer = await ask(
      method,
      method === 'POST' ? '' : '/me',
      method === 'DELETE' ? undefined : { name: 'X' },
    )
    expect(answer).toMatchObject({ status: 403, body: { code: 'not_allowed' } })
    expect(await onDisk()).toBe(USERS)
  })
})

describe('POST', () => {
  test('adds a user who is known to the running Core before the answer, and touches no other line', async () => {
    const { status, body } = await ask('POST', '', {
      name: 'Bo Ö',
      im: ['signal:+4917'],
      permissions: ['IM'],
    })
    expect([status, userResponse.parse(body)]).toEqual([
      201,
      {
        result: 'ok',
        name: 'Bo Ö',
        user: { ...ME, id: 'bo_ö', name: 'Bo Ö', im: ['signal:+4917'], permissions: ['IM'] },
      },
    ])
    expect(users.identify({ channel_name: 'signal', user_id: '+4917' }).id).toBe('bo_ö')
    expect(await onDisk()).toBe(
      `${USERS}  - id: bo_ö\n    name: Bo Ö\n    im: [signal:+4917]\n    permissions: [IM]\n`,
    )
    expect(await readdir(join(home, 'config'))).toEqual(['core.yml', 'user.yml'])
  })

  test.each([
    [{}, 422, 'name'],
    [{ name: '' }, 422, 'name'],
    [{ name: 'a', emial: [] }, 422, 'emial'],
    [{ name: 'a\nb' }, 422, 'control characters'],
    [{ name: '${HOME}' }, 422, 'environment'],
    [{ name: '🙂' }, 422, 'Send one'],
    ['{', 422, 'not JSON'],
    [{ name: 'System' }, 422, 'reserved'],
    [{ name: 'Me' }, 409, 'id "me" already'],
    [
      { name: 'Bo', im: ['TELEGRAM_1'] },
      422,
      'config/user.yml:11  users.2.im.0: the same identity as that of users.1 ("Maya Ruiz")',
    ],
    [{ name: 'Bo', im: ['nowhere'] }, 422, '<channel>:<sender id>'],
    [{ id: '1', name: 'Bo' }, 422, 'could be taken for the user with the id "1"'],
  ])('%j is refused with %i: %s', async (body, status, detail) => {
    const answer = await ask('POST', '', body)
    expect(answer.status).toBe(status)
    expect(problemDocument.parse(answer.body).detail).toContain(detail)
    expect(await onDisk()).toBe(USERS)
  })

  test('hostile ids are ids like any other', async () => {
    const ids = ['../x', 'a/b', 'A', 'a', 'constructor', 'x'.repeat(200), '🙂', '- x', '{a: b}']
    for (const id of ids)
      expect(await ask('POST', '', { id, name: `N ${id.slice(0, 9)}` })).toMatchObject({ status: 201 })
    for (const id of ids) {
      const path = `/${encodeURIComponent(id)}`
      expect(await ask('PATCH', path, { name: `M ${id.length}` })).toMatchObject({ body: { user: { id } } })
    }
    for (const id of ids)
      expect(await ask('DELETE', `/${encodeURIComponent(id)}`)).toMatchObject({ status: 200 })
    expect(await onDisk()).toBe(USERS)
  })
})

test('a disk that refuses is said so, and nothing has changed', async () => {
  await mkdir(join(home, `config/.user.yml.${process.pid}.draft`))
  const { status, body } = await ask('POST', '', { name: 'Nora' })
  expect({ status, code: problemDocument.parse(body).code }).toEqual({ status: 507, code: 'storage_failed' })
  expect(users.list()).toHaveLength(2)
  expect(await onDisk()).toBe(USERS)
})

describe('PATCH and DELETE', () => {
  test('by id, or by a name that one user alone has', async () => {
    expect(await ask('PATCH', '/Me', { name: 'You' })).toMatchObject({ status: 200, body: { name: 'You' } })
    expect(await onDisk()).toBe(USERS.replace('name: Me', 'name: You'))
    expect(await ask('PATCH', '/Me', { name: 'You' })).toMatchObject({
      status: 404,
      body: { code: 'not_found' },
    })
    await ask('POST', '', { id: 'two', name: 'You' })
    expect(await ask('DELETE', '/You')).toMatchObject({ status: 409, body: { code: 'conflict' } })
    expect(await ask('DELETE', '/two')).toEqual({ status: 200, body: { result: 'ok' } })
    expect(await ask('DELETE', '/two')).toMatchObject({ status: 404 })
  })

  test('a new name never changes an id that was the name', async () => {
    expect(await ask('PATCH', '/Maya%20Ruiz', { name: 'Maya' })).toMatchObject({
      body: { user: { id: 'Maya Ruiz' } },
    })
    expect(await onDisk()).toBe(`${USERS.replace('name: Maya Ruiz', 'name: Maya')}    id: Maya Ruiz\n`)
  })

  test('what is left out or the same stays as it is written; an empty list empties', async () => {
    expect(await ask('PATCH', '/me', {})).toMatchObject({ status: 200 })
    await ask('PATCH', '/Maya%20Ruiz', { im: ['telegram:1'], email: [] })
    expect(await onDisk()).toBe(USERS)
    await ask('PATCH', '/Maya%20Ruiz', { im: [] })
    expect(await onDisk()).toBe(USERS.replace('[ "telegram:1" ]', '[]'))
    expect(() => users.identify({ channel_name: 'telegram', user_id: '1' })).toThrow('not known')
  })

  test('a new user may have the identity of a removed one', async () => {
    await ask('DELETE', '/Maya%20Ruiz')
    expect(await ask('POST', '', { name: 'Bo', im: ['telegram:1'] })).toMatchObject({ status: 201 })
    expect(users.identify({ channel_name: 'telegram', user_id: '1' }).id).toBe('bo')
  })
})

describe('somebody edits the file by hand', () => {
  test('what they wrote is what the next edit starts from', async () => {
    await writeFile(join(home, 'config/user.yml'), USERS.replace('name: Me', 'name: Mine # by hand'))
    await ask('POST', '', { name: 'Bo' })
    expect(await onDisk()).toContain('name: Mine # by hand')
    expect(users.list().map(({ name }) => name)).toEqual(['Mine', 'Maya Ruiz', 'Bo'])
  })

  test.each([
    ['user.yml', `${USERS}  - nmae: x\n`, 'config/user.yml:9  users.2.nmae: unknown key'],
    ['core.yml', 'prot: 1', 'config/core.yml:1  prot: unknown key'],
  ])('a %s with faults is named and nothing is overwritten', async (name, text, detail) => {
    await writeFile(join(home, 'config', name), text)
    const before = await onDisk()
    const answer = await ask('POST', '', { name: 'Bo' })
    expect(answer).toMatchObject({ status: 409, body: { code: 'conflict' } })
    expect(problemDocument.parse(answer.body).detail).toContain(detail)
    expect(await onDisk()).toBe(before)
  })

  test('a file that is gone', async () => {
    await rm(join(home, 'config/user.yml'))
    expect(await ask('POST', '', { name: 'Bo' })).toMatchObject({ status: 409 })
  })
})

test('twenty edits at once are all kept', async () => {
  const names = Array.from({ length: 20 }, (_, at) => `u${at}`)
  const answers = await Promise.all(names.map((name) => ask('POST', '', { name, im: [`t:${name}x`] })))
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201]))
  const ids = loadConfig(home, {}).users.map(({ id }) => id)
  expect(ids.slice(2).sort()).toEqual(names.sort())
  expect((await onDisk()).startsWith(USERS)).toBe(true)
})

test('whoever is reading the file meanwhile finds the whole old one', async () => {
  const reader = await open(join(home, 'config/user.yml'))
  await ask('PATCH', '/me', { name: 'You' })
  expect(await reader.readFile('utf8')).toBe(USERS)
  expect(await onDisk()).not.toBe(USERS)
  await reader.close()
})
