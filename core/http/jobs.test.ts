import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type RunningCore, startCore } from '../testing/core.ts'
import { until } from '../testing/until.ts'

const coreYml = `
model: none
timezone: America/New_York
companions: []
plugins: { coach: { start: false, schedule: true }, quiet: { start: false } }
`
const userYml = `
users:
  - { id: alice, name: Alice, timezone: Europe/Berlin, im: ['whatsapp:42'] }
  - { id: bob, name: Bob }
`
let core: RunningCore
beforeAll(async () => {
  core = await startCore({ coreYml, userYml })
})
afterAll(() => core.stop())

const add = (job: object) => core.post('/api/jobs', { kind: 'message', text: 'x', ...job })
const FAR = '2999-01-01T08:00'

describe('/api/jobs', () => {
  test('a job is made, shown, changed, run and deleted', async () => {
    const made = await add({ user_id: 'alice', text: 'Pills', cron: '0 8 * * *' })
    expect(made).toMatchObject({
      status: 201,
      body: { timezone: 'Europe/Berlin', state: 'active', missed: 'run' },
    })
    const { id, next_run } = made.body
    expect(Date.parse(next_run)).toBeGreaterThan(Date.now())
    const path = `/api/jobs/${id}`
    expect((await core.get('/api/jobs?user_id=alice')).body.jobs).toMatchObject([{ id, text: 'Pills' }])
    const paused = await core.send('PATCH', path, { paused: true })
    expect(paused.body.state).toBe('paused')
    expect(paused.body).not.toHaveProperty('next_run')
    expect((await core.send('PATCH', path, { paused: false, text: 'Pill' })).body).toMatchObject({ next_run })
    expect((await core.post(`${path}/run`, {})).body).toMatchObject({ status: 'done' })
    expect((await core.get(`${path}/runs`)).body.runs).toMatchObject([{ status: 'done' }])
    const { messages } = (await core.get('/api/chats/system/messages?user_id=alice')).body
    expect(messages).toMatchObject([{ role: 'assistant', text: 'Pill', reason: 'reminder you set today' }])
    expect((await core.send('DELETE', path)).body).toEqual({ removed: true, id })
    expect((await core.get(path)).status).toBe(404)
  })

  test('without a user it is the uncombined app’s', async () => {
    const { body } = await add({ at: FAR })
    expect(body).toMatchObject({ user_id: 'companion', timezone: 'America/New_York' })
    expect(body.next_run).toBe('2999-01-01T13:00:00.000Z')
    expect((await core.get('/api/jobs')).body.jobs).toHaveLength(1)
    expect((await core.get('/api/jobs?user_id=bob')).body.jobs).toEqual([])
  })

  test.each([
    [{ cron: '0 25 * * *' }, 'job_invalid', 'hour'],
    [{ at: FAR, timezone: 'Europe/Berln' }, 'job_invalid', 'no time zone'],
    [{ at: '2001-01-01T00:00' }, 'job_invalid', 'has passed'],
    [{}, 'job_invalid', 'either'],
    [{ at: FAR, user_id: 'carol' }, 'job_invalid', 'no user "carol"'],
    [{ at: FAR, kind: 'plugin' }, 'job_invalid', 'needs plugin_id'],
    [{ at: FAR, kind: 'plugin', plugin_id: 'nope', capability_id: 'x' }, 'job_invalid', 'no plugin "nope"'],
    [{ at: FAR, kind: 'dance' }, 'body_invalid', 'kind'],
    [{ at: FAR, text: '' }, 'body_invalid', 'text'],
    [{ at: FAR, txt: 'x' }, 'body_invalid', 'txt'],
  ])('%j is a clear 422', async (job, code, fault) => {
    const { status, body } = await add(job)
    expect({ status, code: body.code }).toEqual({ status: 422, code })
    expect(body.detail).toContain(fault)
  })

  test('a task is carried out by the assistant, without moving the person to another channel', async () => {
    await core.inbound({ user_id: '42', channel_name: 'whatsapp', text: 'hello' })
    const { body } = await add({ user_id: 'alice', kind: 'turn', text: 'What can you do?', at: FAR })
    await core.post(`/api/jobs/${body.id}/run`, {})
    await until(async () => {
      const { runs } = (await core.get(`/api/jobs/${body.id}/runs`)).body
      expect(runs).toMatchObject([{ status: 'done', delivery_id: expect.any(String) }])
    })
    const { messages } = (await core.get('/api/chats/system/messages?user_id=alice')).body
    expect(messages.slice(-2)).toMatchObject([
      { role: 'user', text: 'What can you do?' },
      { role: 'assistant' },
    ])
    expect(body).toMatchObject({ kind: 'turn' })
  })
})

describe('a plugin', () => {
  const token = async (plugin_id: string): Promise<string> => {
    const address = { base_url: 'http://127.0.0.1:9' }
    const registration = { plugin_id, name: plugin_id, description: '', type: 'http', config: address }
    const capabilities = [{ id: 'nudge', name: 'Nudge' }]
    const answer = await core.post('/api/plugins/register', {
      ...registration,
      health_check_url: 'http://127.0.0.1:9/health',
      capabilities,
    })
    return answer.body.token
  }
  const as = async (key: string, path: string, body?: object) => {
    const headers = { 'X-API-Key': key, 'Content-Type': 'application/json' }
    const answer = await fetch(`${core.url}${path}`, {
      headers,
      ...(body && { method: 'POST', body: JSON.stringify(body) }),
    })
    return { status: answer.status, body: (await answer.json()) as { id?: string } }
  }
  const wanted = { user_id: 'bob', capability_id: 'nudge', at: FAR, key: 'idle' }

  test('that was granted it has itself called; the same key is one job', async () => {
    const key = await token('coach')
    expect(await as(key, '/api/plugins/schedule', wanted)).toMatchObject({ status: 201 })
    const again = await as(key, '/api/plugins/schedule', { ...wanted, at: '2998-01-01T08:00' })
    const { jobs } = (await core.get('/api/jobs?user_id=bob')).body
    expect(jobs).toMatchObject([{ id: again.body.id, made_by: 'coach', kind: 'plugin', plugin_id: 'coach' }])
    await core.send('PATCH', `/api/jobs/${again.body.id}`, { paused: true })
    await as(key, '/api/plugins/schedule', wanted)
    expect((await core.get('/api/jobs?user_id=bob')).body.jobs).toMatchObject([{ state: 'paused' }])
    expect(await as(key, '/api/plugins/unschedule', { user_id: 'bob', key: 'idle' })).toMatchObject({
      body: { removed: true },
    })
    expect((await core.get('/api/jobs?user_id=bob')).body.jobs).toEqual([])
  })

  test('plans for nobody whom user.yml does not know', async () => {
    const answer = await as(await token('coach'), '/api/plugins/schedule', { ...wanted, user_id: 'nobody' })
    expect(answer).toMatchObject({ status: 422, body: { code: 'job_invalid' } })
  })

  test('that was not granted it is told so, and nobody’s jobs are shown to a plugin', async () => {
    const key = await token('quiet')
    expect(await as(key, '/api/plugins/schedule', wanted)).toMatchObject({
      status: 403,
      body: { code: 'grant_missing', detail: expect.stringContaining('plugins.quiet.schedule: true') },
    })
    expect(await as(key, '/api/plugins/unschedule', { user_id: 'bob', key: 'idle' })).toMatchObject({
      status: 403,
      body: { code: 'grant_missing' },
    })
    const { body } = await add({ user_id: 'bob', at: FAR })
    expect(await as(key, '/api/jobs?user_id=bob')).toMatchObject({ status: 403 })
    expect(await as(key, `/api/jobs/${body.id}`)).toMatchObject({ status: 404 })
    expect(await as(key, '/api/jobs', { user_id: 'bob', kind: 'message', text: 'x', at: FAR })).toMatchObject(
      {
        status: 403,
      },
    )
  })
})

test('a person sees, changes, runs and deletes their own jobs, and of nobody else', async () => {
  const { body: issued } = await core.post('/api/tokens', { kind: 'user', for: 'alice' })
  const [mine, theirs] = await Promise.all(
    ['alice', 'bob'].map(async (user_id) => (await add({ user_id, at: FAR })).body.id as string),
  )
  const status = async (method: string, path: string, body?: object): Promise<number> => {
    const headers = { 'X-API-Key': issued.token, 'Content-Type': 'application/json' }
    return (await fetch(core.url + path, { method, headers, ...(body && { body: JSON.stringify(body) }) }))
      .status
  }
  for (const [id, ok] of [
    [theirs, 404],
    [mine, 200],
  ] as const) {
    const path = `/api/jobs/${id}`
    expect(await status('GET', path)).toBe(ok)
    expect(await status('GET', `${path}/runs`)).toBe(ok)
    expect(await status('PATCH', path, { text: 'changed' })).toBe(ok)
    expect(await status('POST', `${path}/run`, {})).toBe(ok)
    expect(await status('DELETE', path)).toBe(ok)
  }
  expect(await status('GET', '/api/jobs?user_id=bob')).toBe(403)
  expect(await status('POST', '/api/jobs', { user_id: 'bob', kind: 'message', text: 'x', at: FAR })).toBe(403)
  expect((await core.get(`/api/jobs/${theirs}`)).body.text).toBe('x')
})

test('jobs survive a power cut, and what was missed meanwhile comes late', async () => {
  await using own = await startCore({ coreYml, userYml })
  const soon = new Date(Date.now() + 1_500).toISOString()
  await own.post('/api/jobs', { user_id: 'bob', kind: 'message', text: 'soon', at: soon })
  await own.kill()
  await new Promise((resolve) => setTimeout(resolve, 1_500))
  await using again = await startCore({ home: own.home })
  await until(async () => {
    const { messages } = (await again.get('/api/chats/system/messages?user_id=bob')).body
    expect(messages).toMatchObject([{ text: 'soon' }])
  })
  await again.stop()
})
