/** A companion that writes first, from outside: a real Core, the real Friends plugin, no language model. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type RunningCore, startCore } from './testing/core.ts'
import { until } from './testing/until.ts'

const coreYml = `
model: none
companions:
  - { id: friend, plugin_id: friends, session_id_value: friend, keyword: Veda }
  - { id: coach, plugin_id: coach, session_id_value: coach }
plugins:
  friends: { memory: [own], model: true, deliver: true, schedule: true }
  coach: { start: false, deliver: true }
`
const userYml = `
users: [{ id: alice, name: Alice, im: ['whatsapp:42'] }, { id: bob, name: Bob }]
`
let core: RunningCore
beforeAll(async () => {
  core = await startCore({ coreYml, userYml })
})
afterAll(() => core.stop())

const rules = (user: string, change: object) =>
  core.send('PATCH', `/api/companions/friend/nudges?user_id=${user}`, change)
const settings = (user: string, change: object) =>
  core.post(`/api/companions/friend/settings?user_id=${user}`, change)
const jobs = async (user: string) => (await core.get(`/api/jobs?user_id=${user}`)).body.jobs
const chat = async (user: string) =>
  (await core.get(`/api/chats/friend/messages?user_id=${user}`)).body.messages
const inbox = async (user: string) => (await core.get(`/api/inbox?user_id=${user}`)).body.messages

/** Has the planned good morning come now. */
async function goodMorning(user: string): Promise<{ status: string }> {
  const [job] = await jobs(user)
  await core.post(`/api/jobs/${job.id}/run`, {})
  return until(async () => {
    const [run] = (await core.get(`/api/jobs/${job.id}/runs`)).body.runs
    expect(run.status).not.toBe('running')
    return run
  })
}

test('good morning reaches whoever asked for it, in the chat where it belongs, and nobody else', async () => {
  for (const user of ['companion', 'alice']) {
    expect((await settings(user, { good_morning: '08:00' })).status).toBe(200)
    expect(await jobs(user)).toMatchObject([
      { made_by: 'friends', cron: '0 8 * * *', text: expect.any(String) },
    ])
    expect(await goodMorning(user)).toMatchObject({ status: 'done' })
    expect(await inbox(user)).toEqual([])
    await rules(user, { allowed: true, quiet_hours: '' })
    expect(await goodMorning(user)).toMatchObject({ status: 'done' })
    expect(await inbox(user)).toMatchObject([
      { text: expect.stringContaining('Good morning'), reason: 'good morning, as you asked' },
    ])
    expect(await chat(user)).toMatchObject([
      { role: 'assistant', text: expect.stringContaining('Good morning') },
    ])
  }
  expect(await inbox('bob')).toEqual([])
  expect(await chat('bob')).toEqual([])
})

test('"not now" on any channel mutes, and is confirmed', async () => {
  const { body } = await core.inbound({ user_id: '42', channel_name: 'whatsapp', text: 'Not now' })
  expect(body.text).toMatch(/^All right\. Nobody writes to you first before \d+ \p{L}+\.$/u)
  await goodMorning('alice')
  expect(await inbox('alice')).toHaveLength(1)
  const { body: now } = await core.get('/api/companions/friend/nudges?user_id=alice')
  expect(now).toMatchObject({ allowed: true, muted_until: expect.any(String) })
})

test('a plugin cannot write first to whoever has not allowed it, and not as somebody else', async () => {
  const url = 'http://127.0.0.1:9'
  const { body } = await core.post('/api/plugins/register', {
    plugin_id: 'coach',
    name: 'Coach',
    description: '',
    type: 'http',
    config: { base_url: url },
    health_check_url: `${url}/health`,
    capabilities: [],
  })
  const deliver = async (message: object) => {
    const headers = { 'X-API-Key': body.token, 'Content-Type': 'application/json' }
    const answer = await fetch(`${core.url}/api/plugins/deliver`, {
      method: 'POST',
      headers,
      body: JSON.stringify({ user_id: 'bob', companion: 'coach', text: 'Up!', ...message }),
    })
    return { status: answer.status, code: ((await answer.json()) as { code?: string }).code }
  }
  expect(await deliver({})).toEqual({ status: 403, code: 'nudge_refused' })
  expect(await deliver({ companion: 'friend' })).toEqual({ status: 403, code: 'not_allowed' })
  expect(await inbox('bob')).toEqual([])
  const path = '/api/companions/coach/nudges?user_id=bob'
  await core.send('PATCH', path, { allowed: true, quiet_hours: '', most_a_day: 1 })
  expect((await deliver({ dedupe_key: 'a' })).status).toBe(200)
  expect((await deliver({ dedupe_key: 'a' })).status).toBe(200)
  expect(await deliver({ dedupe_key: 'b' })).toEqual({ status: 403, code: 'nudge_refused' })
  expect(await inbox('bob')).toMatchObject([{ text: 'Up!' }])
  expect((await core.send('PATCH', path, { quiet_hours: '25:00-1' })).status).toBe(422)
  expect((await core.get('/api/companions/nobody/nudges')).status).toBe(404)
})
