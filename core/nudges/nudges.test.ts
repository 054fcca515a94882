import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Database, openDatabase } from '../database.ts'
import { saysNotNow } from './not-now.ts'
import { createNudges, type Nudges } from './nudges.ts'
import { quietUntil } from './quiet.ts'
import { nudgeMigrations } from './schema.ts'

const HOUR = 3_600_000
let folder: string
let database: Database
let nudges: Nudges
let clock: number

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'homeclaw-nudges-'))
  database = openDatabase(join(folder, 'core.db'), nudgeMigrations)
  clock = Date.parse('2026-11-20T11:00:00Z')
  nudges = createNudges({ database, now: () => clock, timeZoneOf: () => 'Europe/Berlin' })
})
afterEach(() => {
  database.close()
  rmSync(folder, { recursive: true })
})

const take = (user_id = 'alice', dedupe_key?: string) =>
  database.write(() => nudges.take({ user_id, companion: 'friend', dedupe_key }))
const allow = (user = 'alice') => nudges.change(user, 'friend', { allowed: true })

describe('a companion writes first', () => {
  test('only where that person allowed that companion', async () => {
    await expect(take()).rejects.toMatchObject({ code: 'nudge_refused', status: 403 })
    await allow()
    await take()
    expect(nudges.may('alice', 'coach')).toEqual({ may: false, reason: 'consent' })
    expect(nudges.may('bob', 'friend')).toEqual({ may: false, reason: 'consent' })
    await nudges.change('alice', 'friend', { allowed: false })
    await expect(take()).rejects.toThrow('has not allowed it')
  })

  test('not in quiet hours, by the clock of the person', async () => {
    await allow()
    clock = Date.parse('2026-11-20T22:30:00Z')
    expect(nudges.may('alice', 'friend')).toEqual({
      may: false,
      reason: 'quiet',
      until: '2026-11-21T07:00:00.000Z',
    })
    await expect(take()).rejects.toThrow('quiet hours')
    await nudges.change('alice', 'friend', { quiet_hours: '' })
    expect(nudges.may('alice', 'friend')).toEqual({ may: true })
  })

  test('not more than so often a day, all companions together; the same message counts once', async () => {
    await allow()
    await nudges.change('alice', 'coach', { allowed: true })
    await take('alice', 'one')
    await take('alice', 'one')
    await take('alice', 'two')
    expect(nudges.may('alice', 'coach')).toEqual({
      may: false,
      reason: 'enough',
      until: '2026-11-20T23:00:00.000Z',
    })
    await take('alice', 'two')
    await expect(take('alice', 'three')).rejects.toThrow('enough today')
    clock += 24 * HOUR
    await take('alice', 'three')
    await allow('bob')
    await take('bob', 'one')
  })

  test('not after "not now", from any of them, for a week', async () => {
    await allow()
    expect(await nudges.hear('alice', 'not now')).toBeUndefined()
    await take()
    expect(await nudges.hear('alice', 'not now, I think about it')).toBeUndefined()
    expect(await nudges.hear('bob', 'not now')).toBeUndefined()
    expect(await nudges.hear('alice', 'Not now!')).toContain('first before 27 November.')
    expect(await nudges.hear('alice', 'jetzt nicht')).toContain('Vor dem 27. November schreibt')
    clock += 25 * HOUR
    expect(nudges.may('alice', 'friend')).toMatchObject({ may: false, reason: 'muted' })
    expect(nudges.rules('alice', 'friend')).toMatchObject({
      allowed: true,
      muted_until: '2026-11-27T11:00:00.000Z',
    })
    await nudges.change('alice', 'friend', { muted_until: null })
    expect(nudges.may('alice', 'friend')).toEqual({ may: true })
  })

  test('what is not stored does not count', async () => {
    await allow()
    const undone = database.write(() => {
      nudges.take({ user_id: 'alice', companion: 'friend', dedupe_key: 'x' })
      throw new Error('the message could not be stored')
    })
    await expect(undone).rejects.toThrow('could not be stored')
    expect(database.sql.prepare('select count(*) from nudge_sent').pluck().get()).toBe(0)
  })
})

test.each([
  ['22:00-08:00', '2026-11-20T21:00Z', '2026-11-21T07:00'],
  ['22:00-08:00', '2026-11-20T06:59Z', '2026-11-20T07:00'],
  ['22:00-08:00', '2026-11-20T07:00Z', undefined],
  ['13:00-14:30', '2026-11-20T12:10Z', '2026-11-20T13:30'],
  ['22:00-08:00', '2026-03-28T23:00Z', '2026-03-29T06:00'],
  ['', '2026-11-20T23:00Z', undefined],
])('%s at %s: quiet until %s', (hours, at, end) => {
  const until = quietUntil(hours, Date.parse(at), 'Europe/Berlin')
  expect(until && new Date(until).toISOString().slice(0, 16)).toBe(end)
})

test.each([
  ['not now', 'en'],
  ['Not now.', 'en'],
  ['NOT NOW!!', 'en'],
  ['mute', 'en'],
  ['jetzt nicht', 'de'],
  ['pas maintenant', 'fr'],
  ['Не сейчас', 'ru'],
  ['现在不要', 'zh'],
])('"%s" is one', (text, language) => expect(saysNotNow(text)).toBe(language))
test.each(['now', 'I am not now at home', '', 'not'])('"%s" is none', (text) =>
  expect(saysNotNow(text)).toBeUndefined(),
)
