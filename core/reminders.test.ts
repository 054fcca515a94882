/** Reminders from outside: asked for in words, without a language model, on one channel or another. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startBridge, type TestBridge } from './testing/bridge.ts'
import { type RunningCore, startCore } from './testing/core.ts'
import { until } from './testing/until.ts'

const coreYml = `
model: none
companions: []
plugins: {}
`
const userYml = `
users: [{ id: alice, name: Alice, im: ['whatsapp:42'], timezone: Asia/Tokyo }, { id: bob, name: Bob, im: ['whatsapp:43'] }]
`
let core: RunningCore
let whatsapp: TestBridge
beforeAll(async () => {
  core = await startCore({ coreYml, userYml })
  whatsapp = await startBridge('whatsapp')
  await whatsapp.register(core)
})
afterAll(async () => {
  await whatsapp.close()
  await core.stop()
})

const say = async (user_id: string, channel_name: string, text: string): Promise<string> =>
  (await core.inbound({ user_id, channel_name, text })).body.text
const inbox = async (user: string) => (await core.get(`/api/inbox?user_id=${user}`)).body.messages
const sent = () => whatsapp.received.map(({ to, text, reason }) => ({ to, text, reason }))

test('one by alice on WhatsApp goes to her WhatsApp, also when she is elsewhere by then', async () => {
  expect(await say('42', 'whatsapp', 'Remind me in 1 second to call Ida')).toMatch(
    /I will remind you on .+ \(Asia\/Tokyo\): call Ida/,
  )
  await say('alice', 'webchat', 'hello')
  await say('43', 'whatsapp', 'hello')
  await until(() => expect(sent()).toHaveLength(1))
  expect(sent()).toEqual([{ to: '42', text: 'call Ida', reason: 'reminder you set today' }])
  expect(await inbox('bob')).toEqual([])
  expect(await inbox('companion')).toEqual([])
})

test('one from the uncombined app goes to companion, and no bridge sees it', async () => {
  const before = sent().length
  await say('system', 'webchat', 'Remind me in 1 second to water the plants')
  await until(async () => {
    const found = await inbox('companion')
    expect(found).toMatchObject([{ text: 'water the plants', reason: 'reminder you set today' }])
  })
  expect(await inbox('alice')).toEqual([])
  expect(sent()).toHaveLength(before)
})

test('a task comes back where it was asked for, and does not move the person', async () => {
  const before = sent().length
  await say('42', 'whatsapp', 'hello')
  const job = { user_id: 'alice', kind: 'turn', text: 'What can you do?', at: '2999-01-01T08:00' }
  const { body } = await core.post('/api/jobs', job)
  for (const run of [1, 2]) {
    await core.post(`/api/jobs/${body.id}/run`, {})
    await until(() => expect(sent()).toHaveLength(before + run))
  }
  expect(sent().slice(before)).toMatchObject([
    { to: '42', reason: 'task you set today' },
    { to: '42', reason: 'task you set today' },
  ])
})
