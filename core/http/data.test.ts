/** Everything of a person goes with them or goes for good: each place gets a canary, and the disk is searched for it. */
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import Sqlite from 'better-sqlite3'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { dataRemoved } from '#contract'
import { ownTables } from '../belongings/own-tables.ts'
import { type RunningCore, startCore } from '../testing/core.ts'
import { startTestPlugin, type TestPlugin } from '../testing/plugin.ts'
import { createScriptedModelServer, type ScriptedModelServer } from '../testing/scripted-model.ts'
import { until } from '../testing/until.ts'

let model: ScriptedModelServer
let core: RunningCore
let upstream: TestPlugin

const canaryOf = (user: string): string => `CANARY-${user}`
const path = (user: string): string => `/api/users/${encodeURIComponent(user)}/data`

const config = (modelUrl: string): string => `
model: { name: scripted, base_url: ${modelUrl} }
companions:
  - { id: friend, plugin_id: friends, session_id_value: friend, keyword: Veda }
  - { id: maya, plugin_id: friends, session_id_value: maya, keyword: Maya }
plugins:
  friends: { memory: [own], model: true, deliver: true, schedule: true }
  upstream: { start: false }
`

beforeAll(async () => {
  model = await createScriptedModelServer()
  model.script(() => 'Noted')
  const users = 'users: [{ id: alice, name: Alice }, { id: bob, name: Bob }]'
  core = await startCore({ coreYml: config(model.url), userYml: users })
  upstream = await startTestPlugin((_, address) => ({ status: address.startsWith('/data') ? 404 : 200 }))
  await core.post('/api/plugins/register', upstream.registration('upstream'))
})
afterAll(async () => {
  await upstream?.close()
  await core?.stop()
  await model?.close()
})

/** Something of this person in every place. */
async function furnish(user: string): Promise<void> {
  const canary = canaryOf(user)
  const named = user === 'companion' ? {} : { user_id: user }
  const own = { user_id: user }
  const workspace = join(core.home, 'workspace', user)
  const picture = `data:text/plain;base64,${Buffer.from(`${canary} in a file`).toString('base64')}`
  await core.inbound({ ...named, text: `My bike is ${canary}`, location: `At ${canary}`, files: [picture] })
  await core.inbound({ ...named, session_id: 'friend', text: `I love ${canary} and the sea` })
  await core.inbound({ ...named, session_id: 'maya', text: `I fear ${canary} and the dark` })
  await core.inbound({ ...named, text: `Later, ${canary}`, async: true })
  for (const namespace of user === 'companion' ? ['companion', 'companion_friend:maya'] : [user])
    await core.post('/api/plugins/memory/add', { user_id: namespace, text: `${canary} is remembered` })
  const knowledge = `/api/knowledge/notes.md?user_id=${user}`
  await fetch(`${core.url}${knowledge}`, {
    method: 'PUT',
    headers: keys(),
    body: `# ${canary}\n\n${canary} was read`,
  })
  mkdirSync(join(workspace, 'drafts/old'), { recursive: true })
  writeFileSync(join(workspace, 'profile.md'), canary)
  writeFileSync(join(workspace, 'drafts/old/note.txt'), canary)
  await core.post('/api/jobs', { ...own, kind: 'message', text: `Take ${canary}`, cron: '0 8 * * *' })
  await core.post('/api/plugins/deliver', {
    ...own,
    companion: 'friend',
    text: `Hello ${canary}`,
    reason: canary,
  })
  await core.send('PATCH', `/api/companions/friend/nudges?user_id=${user}`, { allowed: true, most_a_day: 7 })
  await core.post('/api/push/subscriptions', {
    ...own,
    endpoint: `https://push.example.com/${canary}`,
    keys: { p256dh: 'B'.repeat(87), auth: 'A'.repeat(22) },
  })
  await core.send('PATCH', `/api/push/chats?user_id=${user}`, { partner: 'maya', muted: true })
  await core.post(`/api/companions/friend/settings?user_id=${user}`, { name: canary })
  await core.post(`/api/chats/system/read?user_id=${user}`, {})
  await until(async () => {
    const { files } = (await core.get(`/api/knowledge?user_id=${user}`)).body
    expect(files[0]?.state).toBe('ready')
    expect(vectorsOf(user).length).toBeGreaterThan(1)
  })
}

const keys = (key = core.key): Record<string, string> => ({ 'X-API-Key': key })

/** Where in the home a file has the canary, and whether there are vectors. */
function placesOf(user: string): string[] {
  const files = readdirSync(core.home, { recursive: true, encoding: 'utf8' })
    .filter((name) => statSync(join(core.home, name), { throwIfNoEntry: false })?.isFile())
    .filter((name) => readFileSync(join(core.home, name)).includes(canaryOf(user)))
  const places = files.map((name) => /friends_store|core\.db|workspace/.exec(name)?.[0] ?? name)
  return [...new Set([...places, ...(vectorsOf(user).length > 0 ? ['vectors'] : [])])].sort()
}

/** The tables of vectors of this person, which have numbers for names. */
function vectorsOf(user: string): string[] {
  const sql = openCoreDb()
  const namespaces = sql.prepare('select id, name from namespace').all() as { id: number; name: string }[]
  sql.close()
  const own = namespaces.filter(({ name }) => name.replace('\u0001knowledge:', '').startsWith(user))
  const tables = readdirSync(join(core.home, 'database/lancedb'))
  return tables.filter((table) => own.some(({ id }) => Number(/\d+/.exec(table)?.[0]) === id))
}

const openCoreDb = () => new Sqlite(join(core.home, 'database/core.db'), { readonly: true })

async function exported(user: string, key?: string): Promise<Record<string, unknown>[]> {
  const answer = await fetch(`${core.url}${path(user)}`, { headers: keys(key) })
  expect(answer.status).toBe(200)
  return (await answer.text())
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
}
const kindsOf = (lines: readonly Record<string, unknown>[]): string[] =>
  [...new Set(lines.map(({ kind }) => String(kind)))].sort()

const EVERYWHERE = ['core.db', 'friends_store', 'vectors', 'workspace']

describe('everything of alice, beside bob and the app with nobody picked', () => {
  let token = ''
  let bobs: Record<string, unknown>[] = []
  beforeAll(async () => {
    for (const user of ['alice', 'bob', 'companion']) await furnish(user)
    token = (await core.post('/api/tokens', { kind: 'user', for: 'alice' })).body.token
    await core.send('PUT', '/api/config/users/alice/code', { code: 'open sesame' })
    bobs = await exported('bob')
  }, 120_000)

  test('lies in every place', () => {
    expect(placesOf('alice')).toEqual(EVERYWHERE)
  })

  test('goes with her, with nothing of anybody else', async () => {
    const lines = await exported('alice', token)
    expect(kindsOf(lines)).toEqual(
      `about delivery device end file friend_settings job last_channel location may_write_first memory message muted_chat
      nudge_rule request token`.split(/\s+/),
    )
    const text = JSON.stringify(lines)
    for (const other of ['bob', 'companion']) expect(text).not.toContain(canaryOf(other))
    const said = lines.filter(({ kind }) => kind === 'message').map((line) => line['text'])
    expect(said).toContain('I love CANARY-alice and the sea')
    const files = lines.filter(({ kind }) => kind === 'file')
    expect(files.map((line) => line['path']).sort()).toEqual([
      'drafts/old/note.txt',
      expect.stringMatching(/^files\/.+\.txt$/),
      'knowledge/notes.md',
      'profile.md',
    ])
    expect(
      files.every((line) => Buffer.from(String(line['base64']), 'base64').includes('CANARY-alice')),
    ).toBe(true)
    expect(lines.at(-1)).toEqual({ kind: 'end' })
  })

  test('of the app with nobody picked, the chats that the plugin keeps are in it', async () => {
    const lines = await exported('companion')
    const said = lines.filter(({ kind }) => kind === 'friend_message').map((line) => line['text'])
    expect(said).toEqual(
      expect.arrayContaining(['I love CANARY-companion and the sea', 'I fear CANARY-companion and the dark']),
    )
    expect(new Set(lines.filter(({ kind }) => kind === 'memory').map((line) => line['namespace']))).toEqual(
      new Set(['companion', 'companion_friend', 'companion_friend:maya']),
    )
  })

  test('is not for others', async () => {
    const bob = (await core.post('/api/tokens', { kind: 'user', for: 'bob' })).body
    for (const method of ['GET', 'DELETE'])
      expect((await fetch(core.url + path('alice'), { method, headers: keys(bob.token) })).status).toBe(403)
    await core.send('DELETE', `/api/tokens/${bob.id}`)
    expect(placesOf('alice')).toEqual(EVERYWHERE)
  })

  test('is gone from the disk when she says so, and the answer says what was where', async () => {
    const logIn = (await logInAs('alice')).cookie
    const other = (await logInAs('alice')).cookie
    const answer = await fetch(core.url + path('alice'), { method: 'DELETE', headers: { cookie: logIn } })
    const removed = dataRemoved.parse(await answer.json())
    expect(removed.removed.map(({ place }) => place).sort()).toEqual([
      'access',
      'devices',
      'files',
      'inbox',
      'jobs',
      'memories',
      'messages',
      'nudges',
      'plugin',
      'whereabouts',
    ])
    expect(removed.removed).toContainEqual({ place: 'files', count: 4 })
    expect(removed.removed).toContainEqual({ place: 'access', count: 2 })
    expect(removed.not_removed).toEqual([
      {
        place: 'plugin',
        plugin_id: 'upstream',
        name: 'upstream',
        why: 'not_offered',
        detail: expect.any(String),
      },
    ])
    expect(placesOf('alice')).toEqual([])
    expect(rowsOf('alice')).toEqual(['pass_code', 'session'])
    expect(kindsOf(await exported('alice'))).toEqual(['about', 'end', 'friend_settings', 'log_in'])
    const status = async (headers: Record<string, string>) =>
      (await fetch(`${core.url}/api/session`, { headers })).status
    expect([
      await status({ cookie: logIn }),
      await status({ cookie: other }),
      await status(keys(token)),
    ]).toEqual([200, 401, 401])
  })

  test('leaves everything of bob and of the app as it was', async () => {
    expect(placesOf('bob')).toEqual(EVERYWHERE)
    expect(placesOf('companion')).toEqual(EVERYWHERE)
    const [, ...lines] = await exported('bob')
    expect(lines).toEqual(bobs.slice(1))
  })

  test('does not keep her from going on', async () => {
    const { body } = await core.inbound({ user_id: 'alice', text: 'My boat is blue' })
    expect(body.text).toBe('Noted')
    expect((await core.get('/api/chats/system/messages?user_id=alice')).body.messages).toHaveLength(2)
  })

  test('of a plugin that is away nothing is claimed; later it goes as well', async () => {
    await core.post('/api/plugins/friends/disable', {})
    const missing = (await exported('companion')).filter(({ kind }) => kind === 'missing')
    expect(missing).toMatchObject([
      { companion: 'friend', why: 'offline' },
      { companion: 'maya', why: 'offline' },
    ])
    const first = (await core.send('DELETE', path('companion'))).body
    expect(first.not_removed).toContainEqual(
      expect.objectContaining({ plugin_id: 'friends', name: 'Friends', why: 'offline' }),
    )
    expect(first.removed).not.toContainEqual(expect.objectContaining({ place: 'plugin' }))
    expect(placesOf('companion')).toEqual(['friends_store'])
    await core.post('/api/plugins/friends/enable', {})
    await expect.poll(async () => (await core.get('/api/plugins/health/friends')).body.ok).toBe(true)
    const second = (await core.send('DELETE', path('companion'))).body
    expect(second.removed).toEqual([{ place: 'plugin', plugin_id: 'friends', name: 'Friends', count: 3 }])
    expect(placesOf('companion')).toEqual([])
    expect(placesOf('bob')).toEqual(EVERYWHERE)
  })

  test('is gone from the write-ahead log also where nothing was learnt', async () => {
    await core.send('DELETE', '/api/memories?user_id=bob&all=true')
    await core.send('DELETE', '/api/knowledge/notes.md?user_id=bob')
    await core.inbound({ user_id: 'bob', text: 'What is CANARY-bob?' })
    expect(placesOf('bob')).toEqual(['core.db', 'friends_store', 'workspace'])
    expect((await core.send('DELETE', path('bob'))).status).toBe(200)
    expect(placesOf('bob')).toEqual([])
  })
})

async function logInAs(user: string): Promise<{ cookie: string }> {
  const body = JSON.stringify({ user, code: 'open sesame' })
  const answer = await fetch(`${core.url}/api/session`, { method: 'POST', body })
  return { cookie: answer.headers.get('set-cookie')?.split(';')[0] ?? '' }
}

/** Tables that name this person, besides names of memory namespaces and what plugins did. */
function rowsOf(user: string): string[] {
  const sql = openCoreDb()
  const tables = sql
    .prepare(`select name from sqlite_master where type = 'table' and sql not like '%virtual%'`)
    .pluck()
    .all() as string[]
  const naming = tables.filter((table) => {
    const rows = sql.prepare(`select * from "${table}"`).all() as Record<string, unknown>[]
    return rows.some((row) => Object.values(row).includes(user))
  })
  sql.close()
  return naming.filter((table) => !['namespace', 'plugin_audit'].includes(table)).sort()
}

test('every table that has a user is one of those that are exported and deleted', () => {
  const sql = openCoreDb()
  const tables = sql
    .prepare(
      `select m.name from sqlite_master m join pragma_table_info(m.name) c
       where m.type = 'table' and c.name in ('user_id', 'subject')`,
    )
    .pluck()
    .all() as string[]
  sql.close()
  const removals = ownTables.map(({ remove = '' }) => remove).join('\n')
  const others = tables.filter((table) => !new RegExp(`delete from ${table}\\b`).test(removals))
  expect(others.sort()).toEqual(['knowledge_file', 'message', 'pass_code', 'session'])
})
