import { serve, type ServerType } from '@hono/node-server'
import { Hono } from 'hono'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { memoryAddResponse, memorySearchResponse } from '#contract'
import { Problem, toDocument } from '../errors.ts'
import type { Memory } from '../memory/memory.ts'
import { openTestMemory } from '../memory/testing.ts'
import type { Caller, Env } from './env.ts'
import { memoryRoutes } from './memory.ts'

const friends: Caller = { kind: 'plugin', plugin_id: 'friends' }

const mayUse = (who: Caller, namespace: string) => who.kind === 'owner' || namespace === 'companion_friend'

let home: ReturnType<typeof openTestMemory>
const servers: ServerType[] = []
beforeEach(() => {
  home = openTestMemory()
})
afterEach(async () => {
  for (const server of servers.splice(0)) server.close()
  await home.remove()
})

/** The routes behind a caller who is granted `companion_friend` (the owner: everything). */
async function listen(caller: Caller, memory: Memory | undefined) {
  const app = new Hono<Env>()
  app.use(async (c, next) => {
    c.set('caller', caller)
    await next()
  })
  app.route('/', memoryRoutes({ memory, mayUse }))
  app.onError((error, c) => {
    if (!(error instanceof Problem)) throw error
    return c.json(toDocument(error), error.status as 403)
  })
  const server = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' })
  servers.push(server)
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return async (path: string, body: unknown) => {
    const response = await fetch(`http://127.0.0.1:${port}/api/plugins/memory/${path}`, {
      method: 'POST',
      body: JSON.stringify(body),
    })
    return { status: response.status, body: (await response.json()) as Record<string, unknown> }
  }
}

describe('/api/plugins/memory', () => {
  it('adds and finds, with the plugin as the source', async () => {
    const post = await listen(friends, home.memory)
    const added = await post('add', { user_id: 'companion_friend', text: 'I like tea.', user_name: 'Ann' })
    const { id } = memoryAddResponse.options[0].parse(added.body)
    const found = await post('search', { user_id: 'companion_friend', query: 'tea', app_id: 'other' })
    expect(memorySearchResponse.parse(found.body).memories).toEqual([
      {
        id,
        memory: 'I like tea.',
        score: expect.any(Number),
        created_at: expect.any(String),
        source: { kind: 'plugin', id: 'friends', speaker: 'Ann' },
      },
    ])
  })

  it('lets the owner name any namespace', async () => {
    const post = await listen({ kind: 'owner' }, home.memory)
    expect(await post('add', { user_id: 'alice', text: 'x' })).toMatchObject({
      status: 200,
      body: { ok: true },
    })
    const row = home.database.sql.prepare('select source_id, app_id from memory').get()
    expect(row).toEqual({ source_id: 'owner', app_id: 'homeclaw' })
  })

  it('refuses a namespace that was not granted, and says how to grant it', async () => {
    const post = await listen(friends, home.memory)
    for (const answer of [
      await post('add', { user_id: 'alice', text: 'x' }),
      await post('search', { user_id: 'alice', query: 'x' }),
    ]) {
      expect(answer).toMatchObject({ status: 403, body: { code: 'grant_missing' } })
      expect(answer.body['detail']).toContain('in config/core.yml: plugins.friends.memory: ["alice"]')
    }
    expect(home.database.sql.prepare('select count(*) from memory').pluck().get()).toBe(0)
  })

  it.each([
    ['add', { user_id: 'companion_friend' }, 'text'],
    ['add', { text: 'x' }, 'user_id'],
    ['add', { user_id: 'companion_friend', text: '  ' }, 'text'],
    ['search', { user_id: 'companion_friend', query: 'x', limit: 51 }, 'limit'],
    ['search', [], ''],
  ])('refuses %s %j', async (path, body, field) => {
    const post = await listen(friends, home.memory)
    expect(await post(path, body)).toMatchObject({
      status: 422,
      body: { code: 'body_invalid', errors: [{ path: field }] },
    })
  })

  it('says so when memory is off', async () => {
    const post = await listen(friends, undefined)
    expect(await post('add', { user_id: 'companion_friend', text: 'x' })).toEqual({
      status: 200,
      body: { ok: false, error: 'Memory not enabled' },
    })
    expect(await post('search', { user_id: 'companion_friend', query: 'x' })).toEqual({
      status: 200,
      body: { memories: [] },
    })
  })
})
