import { serve, type ServerType } from '@hono/node-server'
import { Hono } from 'hono'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { memoriesRemoved, memoryPage } from '#contract'
import { Problem, toDocument } from '../errors.ts'
import { openTestMemory } from '../memory/testing.ts'
import type { Caller, Env } from './env.ts'
import { memoriesRoutes } from './memories.ts'

const owner: Caller = { kind: 'owner' }
const alice: Caller = { kind: 'user', user_id: 'alice' }

let home: ReturnType<typeof openTestMemory>
const servers: ServerType[] = []
beforeEach(async () => {
  home = openTestMemory()
  await home.memory.add({
    namespace: 'alice',
    text: 'My dog is called Rex.',
    source: { kind: 'turn', id: 't1', speaker: 'Alice', chat: 'system', message_id: 'm1' },
  })
  await home.memory.add({ namespace: 'bob', text: 'My dog bites.', source: { kind: 'plugin', id: 'coach' } })
})
afterEach(async () => {
  for (const server of servers.splice(0)) server.close()
  await home.remove()
})

/** The routes for one caller. */
async function as(caller: Caller, memory: typeof home.memory | undefined = home.memory) {
  const app = new Hono<Env>()
  app.use(async (c, next) => {
    c.set('caller', caller)
    await next()
  })
  app.route('/', memoriesRoutes(memory))
  app.onError((error, c) => {
    if (!(error instanceof Problem)) throw error
    return c.json(toDocument(error), error.status as 403)
  })
  const server = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' })
  servers.push(server)
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return async (method: string, path: string, body?: unknown) => {
    const text = typeof body === 'string' ? body : JSON.stringify(body)
    const response = await fetch(`http://127.0.0.1:${port}/api/memories${path}`, {
      method,
      ...(body !== undefined && { body: text }),
    })
    const answer = await response.text()
    const isJson = response.headers.get('content-type')?.startsWith('application/json')
    // eslint-disable-next-line typescript/no-explicit-any
    return { status: response.status, text: answer, body: isJson ? (JSON.parse(answer) as any) : undefined }
  }
}

const idOf = (namespace: string) =>
  home.memory.list(namespace, { selection: {}, limit: 1 }).memories[0]?.id ?? ''

describe('/api/memories', () => {
  it('lists and searches, with source and date, page by page', async () => {
    const ask = await as(alice)
    const { body } = await ask('GET', '')
    expect(memoryPage.parse(body).memories).toMatchObject([
      {
        memory: 'My dog is called Rex.',
        source: { kind: 'turn', id: 't1', speaker: 'Alice', chat: 'system', message_id: 'm1' },
        history: [],
      },
    ])
    expect((await ask('GET', '?q=dog')).body.memories).toMatchObject([{ score: expect.any(Number) }])
    expect((await ask('GET', '?q=dog&plugin=coach')).body.memories).toEqual([])
    for (let at = 0; at < 3; at++)
      await home.memory.add({ namespace: 'alice', text: `n${at}`, source: { kind: 'person', id: 'alice' } })
    const first = (await ask('GET', '?limit=3')).body
    expect(first.memories).toHaveLength(3)
    expect((await ask('GET', `?limit=3&before=${first.next}`)).body).toMatchObject({
      memories: [{ memory: 'My dog is called Rex.' }],
    })
  })

  it('edits, supersedes and takes back; what was said before stays visible', async () => {
    const ask = await as(alice)
    const id = idOf('alice')
    const edited = await ask('PATCH', `/${id}`, { memory: 'My dog is called Max.' })
    expect(edited.body).toMatchObject({ id, history: [{ memory: 'My dog is called Rex.' }] })
    const { id: newer } = await home.memory.add({
      namespace: 'alice',
      text: 'I have a cat now.',
      source: { kind: 'person', id: 'alice' },
    })
    const ended = await ask('PATCH', `/${id}`, { superseded_by: newer })
    expect(ended.body).toMatchObject({ id, superseded_by: newer, until: expect.any(String) })
    expect((await ask('GET', '?q=dog')).body.memories.map(({ id }: { id: string }) => id)).toEqual([
      newer,
      id,
    ])
    expect((await ask('PATCH', `/${newer}`, { superseded_by: id })).status).toBe(409)
    expect((await ask('PATCH', `/${id}`, { superseded_by: null })).body.until).toBeUndefined()
    expect((await ask('PATCH', `/${id}`, {})).status).toBe(422)
    expect((await ask('PATCH', `/${id}`, { memory: ' ' })).status).toBe(422)
  })

  it('deletes one, or by source, and says what was removed where and what stays', async () => {
    const ask = await as(alice)
    const { body } = await ask('DELETE', `/${idOf('alice')}`)
    expect(memoriesRemoved.parse(body)).toEqual({
      memories: 1,
      earlier: 0,
      removed_from: ['record', 'full_text', 'vectors', 'write_ahead_log'],
      pending: [],
      messages: [{ chat: 'system', message_id: 'm1' }],
    })
    expect((await ask('DELETE', '/gone')).status).toBe(404)
    const byOwner = await as(owner)
    expect((await byOwner('DELETE', '?user_id=bob&plugin=coach')).body).toMatchObject({ memories: 1 })
  })

  it('deletes nothing when it is not said which, or said wrongly', async () => {
    const ask = await as(alice)
    for (const query of ['', '?plguin=coach', '?all=yes', '?from=yesterday', '?chat=']) {
      expect(await ask('DELETE', query)).toMatchObject({ status: 422 })
    }
    expect(idOf('alice')).not.toBe('')
    expect((await ask('DELETE', '?all=true')).body).toMatchObject({ memories: 1 })
  })

  it('lets a user see and change their own only, and a plugin nothing', async () => {
    const id = idOf('bob')
    const ask = await as(alice)
    for (const [method, path, body] of [
      ['GET', '?user_id=bob'],
      ['GET', `/${id}?user_id=bob`],
      ['GET', '/export?user_id=bob'],
      ['POST', '/import?user_id=bob', ''],
      ['PATCH', `/${id}?user_id=bob`, { memory: 'x' }],
      ['DELETE', `/${id}?user_id=bob`],
      ['DELETE', '?user_id=bob&all=true'],
    ] as const) {
      expect(await ask(method, path, body)).toMatchObject({ status: 403 })
    }
    for (const [method, body] of [['GET'], ['PATCH', { memory: 'x' }], ['DELETE']] as const)
      expect(await ask(method, `/${id}`, body)).toMatchObject({ status: 404 })
    expect((await ask('PATCH', `/${idOf('alice')}`, { superseded_by: id })).status).toBe(404)
    const plugin = await as({ kind: 'plugin', plugin_id: 'coach' })
    expect((await plugin('GET', '?user_id=bob')).status).toBe(403)
    expect(home.memory.get('bob', id)?.memory).toBe('My dog bites.')
  })

  it('exports as JSON Lines, and imports what it exported; a faulty line loses nothing', async () => {
    const ask = await as(owner)
    for (let at = 0; at < 450; at++)
      await home.memory.add({ namespace: 'alice', text: `n${at}`, source: { kind: 'plugin', id: 'coach' } })
    const { text } = await ask('GET', '/export?user_id=alice')
    const lines = text.trim().split('\n')
    expect(lines).toHaveLength(451)
    expect((await ask('POST', '/import?user_id=alice', text)).body).toEqual({ added: 0, known: 451 })
    const faulty = `${lines[0]}\n\n{"id":"x","memory":" "}\n`
    expect(await ask('POST', '/import?user_id=carol', faulty)).toMatchObject({
      status: 422,
      body: { detail: expect.stringContaining('line 3') },
    })
    expect((await ask('GET', '?user_id=carol')).body).toEqual({ memories: [] })
    expect((await ask('POST', '/import?user_id=carol', text)).body).toEqual({ added: 451, known: 0 })
    const again = (await ask('GET', '/export?user_id=carol')).text.trim().split('\n')
    const texts = (all: string[]) => all.map((line) => JSON.parse(line).memory)
    expect(texts(again)).toEqual(texts(lines))
  })

  it('says so when memory is off', async () => {
    const app = new Hono<Env>()
    app.use(async (c, next) => {
      c.set('caller', owner)
      await next()
    })
    app.route('/', memoriesRoutes(undefined))
    app.onError((error, c) => c.json(toDocument(error), 409))
    expect(await (await app.request('/api/memories')).json()).toMatchObject({ code: 'conflict' })
  })
})
