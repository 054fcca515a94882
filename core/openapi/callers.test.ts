/** Who may use which route: plugins, bridges and people get in where they must, and nowhere else. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type RunningCore, startCore } from '../testing/core.ts'
import { openApiDocument } from './document.ts'

const document = JSON.parse(JSON.stringify(openApiDocument()))
const routes = Object.entries<Record<string, { security?: unknown }>>(document.paths).flatMap(
  ([path, methods]) =>
    Object.entries(methods).map(([method, { security }]) => ({
      route: `${method.toUpperCase()} ${path}`,
      method: method.toUpperCase(),
      path: path.replaceAll(/\{\w+\}/g, 'alice'),
      open: security !== undefined,
    })),
)
const closed = routes.filter(({ open }) => !open)

let core: RunningCore
const tokens: Record<string, string> = {}
beforeAll(async () => {
  core = await startCore({
    coreYml: 'model: none\nplugins: { poor: {} }',
    userYml: 'users: [{ id: alice, name: Alice }, { id: bert, name: Bert }]',
  })
  for (const [kind, subject] of [
    ['plugin', 'poor'],
    ['channel', 'telegram'],
    ['user', 'bert'],
  ] as const)
    tokens[kind] = (await core.post('/api/tokens', { kind, for: subject })).body.token
})
afterAll(() => core[Symbol.asyncDispose]())

/** A body that names somebody wherever one can be named, so that only rights can keep it out. */
const body = {
  user_id: 'alice',
  companion: 'friend',
  text: 'x',
  query: 'x',
  messages: [{ role: 'user', content: 'x' }],
  plugin_id: 'other',
  ids: ['x'],
  capability_id: 'x',
  key: 'x',
  cron: '0 8 * * *',
}

async function statusOf(token: string | undefined, { method, path }: { method: string; path: string }) {
  const leave = new AbortController()
  const answer = await fetch(`${core.url}${path}?user_id=alice&q=x&all=true`, {
    method,
    headers: token ? { authorization: `Bearer ${token}` } : {},
    signal: leave.signal,
    ...(method !== 'GET' && { body: JSON.stringify(body) }),
  })
  leave.abort()
  return answer.status
}

test('nobody gets in without a key', async () => {
  for (const one of closed) expect([one.route, await statusOf(undefined, one)]).toEqual([one.route, 401])
})

/** What opens without a right: nothing in it belongs to anybody, and of a list of ids only what is the caller's counts. */
const HARMLESS = ['GET /api/session', 'GET /api/openapi.json', 'POST /api/inbox/ack']

describe.each([
  ['plugin', HARMLESS],
  ['channel', HARMLESS],
  [
    'user',
    [
      ...HARMLESS,
      'GET /api/companions',
      'GET /api/config/users',
      'GET /api/memory/status',
      'GET /api/status',
    ],
  ],
])('the token of a %s without any right', (kind, allowed) => {
  test('opens nothing that is somebody else’s', async () => {
    const opened: string[] = []
    for (const one of closed) {
      const status = await statusOf(tokens[kind], one)
      if (![403, 404, 422].includes(status)) opened.push(`${one.route}`)
    }
    expect(opened.filter((route) => !allowed.includes(route))).toEqual([])
  })
})
