import { readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { HistoryPage } from '#contract'
import { call } from '../sdk/testing/client.ts'
import { type Friends, serveFriends } from './testing/serve.ts'

let friends: Friends
beforeEach(async () => {
  friends = await serveFriends()
})
afterEach(() => friends.close())

const path = (user: string, search = ''): string => `/settings/${encodeURIComponent(user)}${search}`
const get = async (user: string, search?: string): Promise<unknown> =>
  JSON.parse((await friends.get(path(user, search))).text)
const post = (user: string, body: unknown, search?: string) => friends.post(path(user, search), body)

const texts = (page: HistoryPage): string[] => page.messages.map(({ text }) => text)

describe('settings', () => {
  const defaults = {
    name: 'Veda',
    character: 'friend',
    language: 'en',
    response_length: 'medium',
    idle_days_before_nudge: 0,
    good_morning: '',
    good_night: '',
  }

  test('of one person go over the defaults, reach the prompt, survive a restart, and null takes them back', async () => {
    expect(await get('companion')).toEqual({ user_id: 'companion', settings: defaults, overrides: {} })
    await post('companion', { name: 'Maya', character: 'wife' })
    const changed = await post('companion', { language: 'de', response_length: 'short' })
    const overrides = { name: 'Maya', character: 'wife', language: 'de', response_length: 'short' }
    const expected = { user_id: 'companion', settings: { ...defaults, ...overrides }, overrides }
    expect(JSON.parse(changed.text)).toEqual(expected)
    await friends.restart()
    expect(await get('companion')).toEqual(expected)
    expect(await get('alice')).toMatchObject({ settings: defaults })
    await friends.say('Hello you')
    expect(friends.system()).toMatch(
      /^You are Maya, the wife [^\n]*\nAnswer in German\.\nLength: one or two sentences\.\n/,
    )
    await post('companion', { name: null, character: null, language: null, response_length: null })
    expect(await get('companion')).toEqual({ user_id: 'companion', settings: defaults, overrides: {} })
  })

  test('are apart for each companion', async () => {
    expect(await get('companion', '?persona=maya')).toMatchObject({
      settings: { name: 'Maya', character: 'sister' },
    })
    await post('companion', { language: 'fr' }, '?persona=maya')
    expect(await get('companion', '?persona=maya')).toMatchObject({ overrides: { language: 'fr' } })
    expect(await get('companion')).toMatchObject({ overrides: {} })
    expect(await readdir(friends.folder)).toEqual(['companion_settings.json'])
  })

  test('changed many times at once are all kept', async () => {
    const changes = [{ name: 'N' }, { character: 'wife' }, { language: 'ja' }, { response_length: 'long' }]
    await Promise.all(changes.map((change) => post('A', change)))
    expect(await get('A')).toMatchObject({ overrides: Object.assign({}, ...changes) })
    expect(await get('a')).toMatchObject({ overrides: {} })
    expect(await readdir(friends.folder)).toHaveLength(1)
  })

  test.each([
    { nickname: 'x' },
    { character: 'boss' },
    { name: '' },
    { name: 'a\nb' },
    { language: 'not a code' },
    { idle_days_before_nudge: -1 },
    { idle_days_before_nudge: '3' },
    [],
    'x',
    null,
  ])('refuse %j', async (body) => {
    const answer = await post('companion', body)
    expect(answer).toMatchObject({ status: 422, type: expect.stringContaining('problem+json') })
    expect(await readdir(friends.folder)).toEqual([])
  })

  test('a broken file is a clear fault, never the defaults', async () => {
    await writeFile(join(friends.folder, 'companion_settings.json'), '{')
    expect((await friends.get('/settings/companion')).text).toContain('is not valid')
    expect(await friends.say('Hello you')).toMatchObject({
      success: false,
      error: expect.stringContaining('is not valid'),
    })
  })
})

describe('history', () => {
  test('comes in pages, oldest first', async () => {
    for (const text of ['one', 'two', 'three']) await friends.say(text)
    const last = await friends.history('companion', '?limit=3')
    expect(last).toMatchObject({ more: true })
    expect(texts(last)).toEqual(['A fine day to you.', 'three', 'A fine day to you.'])
    const before = await friends.history('companion', `?limit=3&before=${last.messages[0]?.seq}`)
    expect(before).toMatchObject({ more: false })
    expect(texts(before)).toEqual(['one', 'A fine day to you.', 'two'])
    expect(new Date(before.messages[0]?.at ?? '').getTime()).toBeGreaterThan(Date.now() - 60_000)
  })

  test('of nobody is empty and makes no file', async () => {
    expect(await friends.history('nobody')).toEqual({ messages: [], more: false })
    expect(await readdir(friends.folder)).toEqual([])
  })

  test('a bad query is a problem', async () => {
    const answer = await friends.get('/history/companion?limit=x')
    expect(answer.status).toBe(422)
  })

  test('and settings are behind the token', async () => {
    for (const path of ['/history/companion', '/settings/companion'])
      expect((await call(friends.url() + path, 'wrong', { method: 'GET' })).status).toBe(401)
  })
})
