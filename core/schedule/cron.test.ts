import { describe, expect, test } from 'vitest'
import { faultOfCron, lastSlot, nextSlot } from './cron.ts'

/** The next moments, as ISO 8601 without seconds. */
function slots(cron: string, timeZone: string, from: string, count: number): string[] {
  const found: string[] = []
  let at = Date.parse(from)
  for (let n = 0; n < count; n++) found.push(iso((at = nextSlot(cron, timeZone, at))))
  return found
}
const iso = (at: number): string => new Date(at).toISOString().slice(0, 16)

describe('both changes of the clocks', () => {
  test('a time of day stays where it is on the clock', () => {
    expect(slots('0 8 * * *', 'Europe/Berlin', '2026-03-27T12:00Z', 2)).toEqual([
      '2026-03-28T07:00',
      '2026-03-29T06:00',
    ])
    expect(slots('0 8 * * *', 'Europe/Berlin', '2026-10-23T12:00Z', 2)).toEqual([
      '2026-10-24T06:00',
      '2026-10-25T07:00',
    ])
  })

  test('a time that the clocks skip comes once on that day all the same', () => {
    expect(slots('30 2 * * *', 'Europe/Berlin', '2026-03-27T12:00Z', 3)).toEqual([
      '2026-03-28T01:30',
      '2026-03-29T01:30',
      '2026-03-30T00:30',
    ])
    expect(slots('0 0 * * *', 'America/Santiago', '2026-09-05T12:00Z', 2)).toEqual([
      '2026-09-06T04:00',
      '2026-09-07T03:00',
    ])
    expect(slots('30 2 8 3 *', 'America/New_York', '2026-01-02T12:00Z', 1)).toEqual(['2026-03-08T07:30'])
  })

  test('a time that the clocks show twice comes once, the first time', () => {
    expect(slots('30 2 * * *', 'Europe/Berlin', '2026-10-24T12:00Z', 2)).toEqual([
      '2026-10-25T00:30',
      '2026-10-26T01:30',
    ])
  })

  test('what is due in every hour is due in every hour', () => {
    expect(slots('0 * * * *', 'Europe/Berlin', '2026-10-24T22:30Z', 5)).toEqual([
      '2026-10-24T23:00',
      '2026-10-25T00:00',
      '2026-10-25T01:00',
      '2026-10-25T02:00',
      '2026-10-25T03:00',
    ])
    expect(slots('*/30 * * * *', 'Europe/Berlin', '2026-03-29T00:00Z', 4)).toEqual([
      '2026-03-29T00:30',
      '2026-03-29T01:00',
      '2026-03-29T01:30',
      '2026-03-29T02:00',
    ])
  })

  test('clocks that change by half an hour', () => {
    expect(slots('15 2 * * *', 'Australia/Lord_Howe', '2026-10-02T12:00Z', 2)).toEqual([
      '2026-10-02T15:45',
      '2026-10-03T15:45',
    ])
  })
})

test('weekdays, months and the last day', () => {
  expect(slots('0 9 * * MON-FRI', 'Asia/Tokyo', '2026-11-20T00:00Z', 2)).toEqual([
    '2026-11-23T00:00',
    '2026-11-24T00:00',
  ])
  expect(slots('0 0 29 2 *', 'UTC', '2026-01-01T00:00Z', 2)).toEqual(['2028-02-29T00:00', '2032-02-29T00:00'])
  expect(slots('0 8 L * *', 'UTC', '2026-02-01T00:00Z', 1)).toEqual(['2026-02-28T08:00'])
  expect(slots('5 0 1 1 *', 'Pacific/Kiritimati', '2026-06-01T00:00Z', 1)).toEqual(['2026-12-31T10:05'])
})

test('every moment is later than the one before and shows the time asked for', () => {
  for (const timeZone of ['Europe/London', 'America/Sao_Paulo', 'Africa/Casablanca', 'Asia/Kathmandu']) {
    let at = Date.parse('2026-01-01T00:00Z')
    for (let day = 0; day < 366; day++) {
      const next = nextSlot('0 12 * * *', timeZone, at)
      expect(next - at).toBeGreaterThan(day === 0 ? 0 : 22 * 3_600_000)
      expect(next - at).toBeLessThan(26 * 3_600_000)
      at = next
    }
  }
})

test('the last of the slots that were missed', () => {
  const from = Date.parse('2026-01-01T08:00Z')
  const to = Date.parse('2026-11-20T09:30Z')
  expect(iso(lastSlot('0 8 * * *', 'UTC', { from, to }))).toBe('2026-11-20T08:00')
  expect(iso(lastSlot('* * * * *', 'UTC', { from, to }))).toBe('2026-11-20T09:30')
  expect(iso(lastSlot('0 8 1 1 *', 'UTC', { from, to }))).toBe('2026-01-01T08:00')
})

test('a wrong expression is told apart, with what is wrong', () => {
  expect(faultOfCron('0 8 * * *')).toBeUndefined()
  expect(faultOfCron('@daily')).toBeUndefined()
  expect(faultOfCron('61 * * * *')).toContain('minute')
  expect(faultOfCron('0 0 30 2 *')).toContain('impossible')
  expect(faultOfCron('* * * * * *')).toContain('five')
  expect(faultOfCron('every day')).toContain('five')
})
