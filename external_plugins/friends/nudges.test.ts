import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { until } from '../sdk/testing/client.ts'
import { type Friends, serveFriends } from './testing/serve.ts'

const DAY = 24 * 60 * 60 * 1000
let friends: Friends
let clock: number

beforeEach(async () => {
  clock = Date.now()
  friends = await serveFriends({ now: () => clock })
})
afterEach(() => friends.close())

const planned = () => friends.core.bodies('/api/plugins/schedule') as Record<string, unknown>[]
const delivered = () => friends.core.bodies('/api/plugins/deliver') as Record<string, unknown>[]
const settings = (user: string, change: object) => friends.post(`/settings/${user}`, change)
const nudge = (occasion: string, more: object = {}) =>
  friends.say('nudge', {
    request_id: `job-1-${clock}`,
    capability_id: 'nudge',
    capability_parameters: { companion: 'friend', occasion },
    ...more,
  })
/** As Core asks about a person it is combined with. */
const combined = (user_id: string, at: number) => ({
  user_id,
  user_name: 'Alice',
  metadata: {
    companion: { id: 'friend', name: 'Veda' },
    store: 'core',
    history: [{ role: 'user', text: 'I am off to Rome', at: new Date(at).toISOString() }],
    memories: [{ memory: 'Alice likes cats', at: '2026-01-01T00:00:00.000Z' }],
    memory_user_id: user_id,
  },
})

describe('after quiet days', () => {
  test('is planned when it is wished for, and anew when the person writes', async () => {
    await friends.say('hello')
    expect(planned()).toEqual([])
    await settings('companion', { idle_days_before_nudge: 3 })
    const at = new Date(clock + 3 * DAY).toISOString()
    const parameters = { companion: 'friend', occasion: 'idle' }
    expect(planned()).toMatchObject([
      { user_id: 'companion', capability_id: 'nudge', key: 'idle:friend', at, parameters },
    ])
    clock += DAY
    await friends.say('hello again')
    await until(() => planned().length === 2, 'a new plan')
    expect(planned()[1]).toMatchObject({ at: new Date(clock + 3 * DAY).toISOString() })
    await friends.say('and again')
    await settings('companion', { idle_days_before_nudge: 0 })
    expect(planned()).toHaveLength(2)
    expect(friends.core.bodies('/api/plugins/unschedule')).toContainEqual({
      user_id: 'companion',
      key: 'idle:friend',
    })
  })

  test('the Friend writes, in persona, with its memory, and keeps what it said', async () => {
    await friends.say('My cat is called Mimi.')
    await until(() => friends.core.memories.has('companion_friend'), 'a memory')
    await settings('companion', { idle_days_before_nudge: 3, name: 'Luna' })
    clock += 3 * DAY
    friends.core.model = () => 'How is Mimi?'
    expect(await nudge('idle')).toMatchObject({ success: true, text: 'How is Mimi?' })
    expect(friends.system()).toMatch(/^You are Luna, [^]*My cat is called Mimi\.[^]*\nWrite first: idle\n/)
    expect(delivered()).toMatchObject([
      { user_id: 'companion', companion: 'friend', text: 'How is Mimi?', dedupe_key: `job-1-${clock}` },
    ])
    const { messages } = await friends.history('companion')
    expect(messages.at(-1)).toMatchObject({ role: 'assistant', text: 'How is Mimi?' })
    expect(messages).toHaveLength(3)
  })

  test('the same moment again, after the plugin has stopped, is the same message', async () => {
    await friends.say('hello')
    await settings('companion', { idle_days_before_nudge: 1 })
    clock += DAY
    friends.core.model = () => 'One'
    await nudge('idle')
    friends.core.model = () => 'Two'
    await friends.restart()
    expect(await nudge('idle')).toMatchObject({ text: 'One' })
    expect(delivered().map(({ text, dedupe_key }) => [text, dedupe_key])).toEqual([
      ['One', `job-1-${clock}`],
      ['One', `job-1-${clock}`],
    ])
    expect((await friends.history('companion')).messages).toHaveLength(3)
  })

  test('nothing is written when the person has written since, or wishes it no more', async () => {
    await friends.say('hello')
    await settings('companion', { idle_days_before_nudge: 3 })
    clock += 2 * DAY
    expect(await nudge('idle')).toMatchObject({ success: true, text: '' })
    expect(Date.parse(String(planned().at(-1)?.['at']))).toBeLessThan(clock + DAY + 60_000)
    await settings('companion', { idle_days_before_nudge: 0 })
    clock += 9 * DAY
    expect(await nudge('idle')).toMatchObject({ success: true, text: '' })
    expect(delivered()).toEqual([])
    expect(friends.asked()).toHaveLength(1)
  })

  test.each([
    ['quiet', true],
    ['enough', true],
    ['muted', true],
    ['consent', false],
  ] as const)(
    'when Core says no (%s), no model is asked, and it is tried again: %s',
    async (reason, again) => {
      await friends.say('hello')
      await settings('companion', { idle_days_before_nudge: 1 })
      clock += DAY
      const later = new Date(clock + DAY / 2).toISOString()
      friends.core.mayDeliver = { may: false, reason, ...(again && { until: later }) }
      const before = planned().length
      expect(await nudge('idle')).toMatchObject({ success: true, text: '' })
      expect(friends.asked()).toHaveLength(1)
      expect(planned().length - before).toBe(again ? 1 : 0)
      expect(delivered()).toEqual([])
    },
  )
})

test('combined, it goes by what Core brings, writes to that person, and keeps nothing', async () => {
  await settings('alice', { idle_days_before_nudge: 2 })
  clock += 2 * DAY
  expect(await nudge('idle', combined('alice', clock - 2 * DAY))).toMatchObject({
    text: 'A fine day to you.',
  })
  expect(friends.system()).toContain('Alice likes cats')
  expect(delivered()).toMatchObject([{ user_id: 'alice', companion: 'friend' }])
  expect((await friends.history('alice')).messages).toEqual([])
  expect((await friends.history('companion')).messages).toEqual([])
})

test('good morning and good night come daily at the time that was asked for', async () => {
  await settings('companion', { good_morning: '07:30', good_night: '22:05' })
  expect(planned()).toMatchObject([
    { key: 'good_morning:friend', cron: '30 7 * * *', missed: 'skip' },
    { key: 'good_night:friend', cron: '5 22 * * *' },
  ])
  await nudge('good_morning')
  expect(friends.system()).toContain('Write first: good_morning')
  expect(delivered()).toMatchObject([{ reason: 'good morning, as you asked' }])
  await settings('companion', { good_morning: null })
  expect(await nudge('good_morning', { request_id: 'another' })).toMatchObject({ text: '' })
  expect((await settings('companion', { good_night: '25:00' })).status).toBe(422)
})
