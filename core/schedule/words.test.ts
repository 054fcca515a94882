import { describe, expect, test } from 'vitest'
import { findTime, type TimeLanguage } from './words.ts'

/** Friday, 20 November 2026, 11:00 in Berlin. */
const NOW = Date.parse('2026-11-20T10:00:00Z')
const say = (text: string, more: { now?: number; timeZone?: string; language?: TimeLanguage } = {}) => {
  const when = findTime(text, { now: NOW, timeZone: 'Europe/Berlin', ...more })?.when
  if (!when) return undefined
  return 'cron' in when ? when.cron : new Date(when.at).toISOString().slice(0, 16)
}

describe('a time in words', () => {
  test.each([
    ['tomorrow at 8', '2026-11-21T07:00'],
    ['in 20 minutes', '2026-11-20T10:20'],
    ['in 3 hours', '2026-11-20T13:00'],
    ['in two days', '2026-11-22T10:00'],
    ['the day after tomorrow at 8', '2026-11-22T07:00'],
    ['tomorrow', '2026-11-21T08:00'],
    ['tomorrow morning', '2026-11-21T05:00'],
    ['tonight', '2026-11-20T21:00'],
    ['on Friday', '2026-11-27T08:00'],
    ['on Friday at noon', '2026-11-20T11:00'],
    ['next monday', '2026-11-23T08:00'],
    ['on Wednesday at 7pm', '2026-11-25T18:00'],
    ['on 3 May at 14:30', '2027-05-03T12:30'],
    ['at 8', '2026-11-20T19:00'],
    ['at 8am', '2026-11-21T07:00'],
    ['at 18:00', '2026-11-20T17:00'],
    ['at 8 UTC tomorrow', '2026-11-21T08:00'],
    ['2026-12-01T09:15', '2026-12-01T08:15'],
    ['2026-12-01T09:15Z', '2026-12-01T09:15'],
    ['morgen um 8 Uhr', '2026-11-21T07:00'],
    ['demain à 8h', '2026-11-21T07:00'],
    ['mañana a las 8', '2026-11-21T07:00'],
    ['domani alle 8', '2026-11-21T07:00'],
    ['amanhã às 8', '2026-11-21T07:00'],
    ['завтра в 8', '2026-11-21T07:00'],
    ['明日8時', '2026-11-21T07:00'],
    ['明天早上8点', '2026-11-21T07:00'],
    ['yesterday', '2026-11-19T08:00'],
  ])('%s', (text, at) => expect(say(text)).toBe(at))

  test.each([
    ['in 40 seconds', 40],
    ['40秒后', 40],
    ['20分钟后', 20 * 60],
    ['dans 10 minutes', 10 * 60],
  ])('%s is so long from now, to the second', (text, seconds) => {
    const now = NOW + 30_000
    expect(findTime(text, { now, timeZone: 'Europe/Berlin' })?.when).toEqual({ at: now + seconds * 1_000 })
  })

  test('nothing that looks like one', () => {
    expect(say('to call the dentist', { language: 'en' })).toBeUndefined()
    expect(say('to march', { language: 'en' })).toBeUndefined()
  })

  test('in the time zone of the person, whatever that of the machine is', () => {
    expect(say('tomorrow at 8', { timeZone: 'America/New_York' })).toBe('2026-11-21T13:00')
    expect(say('tomorrow at 8', { timeZone: 'Asia/Kathmandu' })).toBe('2026-11-21T02:15')
  })

  test('over a change of the clocks: a way from now is a way, a time of day is a time of day', () => {
    const now = Date.parse('2026-10-24T20:00:00Z')
    expect(say('in 12 hours', { now })).toBe('2026-10-25T08:00')
    expect(say('tomorrow at 8', { now })).toBe('2026-10-25T07:00')
    expect(say('on 29 March 2027 at 8', { now })).toBe('2027-03-29T06:00')
  })
})

test.each([
  ['every day at 8', '0 8 * * *'],
  ['daily at 7:45', '45 7 * * *'],
  ['every morning', '0 8 * * *'],
  ['every evening at 8', '0 20 * * *'],
  ['every weekday at 7:30', '30 7 * * 1-5'],
  ['every Monday and Thursday at 18:00', '0 18 * * 1,4'],
  ['on Mondays at 9', '0 9 * * 1'],
  ['every month on the 1st at 10', '0 10 1 * *'],
  ['every hour', '0 * * * *'],
  ['every 20 minutes', '*/20 * * * *'],
  ['jeden Tag um 8 Uhr', '0 8 * * *'],
  ['tous les jours à 9h', '0 9 * * *'],
])('again and again: %s', (text, cron) => expect(say(text)).toBe(cron))
