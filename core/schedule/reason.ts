import type { Job } from './job.ts'
import { wallTimeAt } from './zone.ts'

const DAY = 24 * 60 * 60 * 1000

/**
 * Why it comes, for the person who reads it: "reminder you set on Monday", and when it should have come if it is late.
 * @param slot when it was due
 */
export function reasonOf(job: Job, { slot, late }: { slot: number; late: boolean }, now: number): string {
  const { kind, timezone, made_by } = job
  const what = kind === 'message' ? 'reminder' : 'task'
  const set = made_by === null ? 'you set' : `set by ${made_by}`
  const reason = `${what} ${set} ${dayInWords(job.created_at, now, timezone)}`
  return late
    ? `${reason}; it was due ${dayInWords(slot, now, timezone)} at ${clock(slot, timezone)}`
    : reason
}

/** "Saturday, 21 November 2026 at 08:00 (Europe/Berlin)" */
export function momentInWords(at: number, timeZone: string, locale = 'en-GB'): string {
  const day = { weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' } as const
  const date = new Intl.DateTimeFormat(locale, { ...day, timeZone }).format(at)
  return `${date}, ${clock(at, timeZone, locale)} (${timeZone})`
}

function dayInWords(at: number, now: number, timeZone: string): string {
  const days = dayNumber(now, timeZone) - dayNumber(at, timeZone)
  if (days === 0) return 'today'
  if (days === 1) return 'yesterday'
  const year = new Date(wallTimeAt(at, timeZone)).getUTCFullYear()
  const isThisYear = year === new Date(wallTimeAt(now, timeZone)).getUTCFullYear()
  const format: Intl.DateTimeFormatOptions =
    days > 0 && days < 7
      ? { weekday: 'long' }
      : { day: 'numeric', month: 'long', ...(!isThisYear && { year: 'numeric' }) }
  return `on ${new Intl.DateTimeFormat('en-GB', { ...format, timeZone }).format(at)}`
}

const dayNumber = (at: number, timeZone: string): number => Math.floor(wallTimeAt(at, timeZone) / DAY)

const clock = (at: number, timeZone: string, locale = 'en-GB'): string =>
  new Intl.DateTimeFormat(locale, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23', timeZone }).format(
    at,
  )
