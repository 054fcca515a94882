import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createAlarm } from './alarm.ts'

const DAY = 24 * 60 * 60 * 1000
let rung: number

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'], now: 0 })
  rung = 0
})
afterEach(() => vi.useRealTimers())

const ring = () => rung++

test('rings once, at its moment, also beyond what a timer holds', () => {
  createAlarm({ now: Date.now, ring }).set(60 * DAY)
  vi.advanceTimersByTime(60 * DAY - 1)
  expect(rung).toBe(0)
  vi.advanceTimersByTime(1)
  expect(rung).toBe(1)
  expect(vi.getTimerCount()).toBe(0)
})

test('there is one timer at most, and none when there is nothing to wait for', () => {
  const alarm = createAlarm({ now: Date.now, ring })
  for (let n = 1; n < 10; n++) alarm.set(n * DAY)
  expect(vi.getTimerCount()).toBe(1)
  alarm.set(undefined)
  expect(vi.getTimerCount()).toBe(0)
})

test('sees within half a minute that the clock was set, forward or back', () => {
  createAlarm({ now: Date.now, ring }).set(10 * DAY)
  vi.setSystemTime(10 * DAY + 5)
  vi.advanceTimersByTime(30_000)
  expect(rung).toBe(1)
  createAlarm({ now: Date.now, ring }).set(20 * DAY)
  vi.setSystemTime(5 * DAY)
  vi.advanceTimersByTime(30_000)
  expect(rung).toBe(2)
})
