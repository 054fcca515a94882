import type { LanguageCode } from '../model/builtin-phrases.ts'
import { inLanguage, localeOf } from '../model/language.ts'
import type { Job } from './job.ts'
import { wallTimeAt } from './zone.ts'

const DAY = 24 * 60 * 60 * 1000

/**
 * Why it comes, for the person who reads it, in the language they asked in: "reminder you set on Monday", and when it
 * should have come if it is late.
 * @param slot when it was due
 */
export function reasonOf(job: Job, { slot, late }: { slot: number; late: boolean }, now: number): string {
  const { kind, timezone, made_by, language, created_at } = job
  const here = { now, timezone, language }
  const key = made_by !== null ? 'reasonBy' : kind === 'message' ? 'reasonReminder' : 'reasonTask'
  const reason = inLanguage(language, key, { who: made_by ?? '', day: dayInWords(created_at, here) })
  if (!late) return reason
  const time = clock(slot, timezone, localeOf(language))
  return inLanguage(language, 'reasonLate', { reason, day: dayInWords(slot, here), time })
}

/** "Saturday, 21 November 2026 at 08:00 (Europe/Berlin)" */
export function momentInWords(at: number, timeZone: string, locale = 'en-GB'): string {
  const day = { weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' } as const
  const date = new Intl.DateTimeFormat(locale, { ...day, timeZone }).format(at)
  return `${date}, ${clock(at, timeZone, locale)} (${timeZone})`
}

interface Here {
  readonly now: number
  readonly timezone: string
  readonly language: LanguageCode
}

function dayInWords(at: number, { now, timezone: timeZone, language }: Here): string {
  const days = dayNumber(now, timeZone) - dayNumber(at, timeZone)
  const locale = localeOf(language)
  if (days === 0 || days === 1)
    return new Intl.RelativeTimeFormat(locale, { numeric: 'auto' }).format(-days, 'day')
  const year = new Date(wallTimeAt(at, timeZone)).getUTCFullYear()
  const isThisYear = year === new Date(wallTimeAt(now, timeZone)).getUTCFullYear()
  const format: Intl.DateTimeFormatOptions =
    days > 0 && days < 7
      ? { weekday: 'long' }
      : { day: 'numeric', month: 'long', ...(!isThisYear && { year: 'numeric' }) }
  const day = new Intl.DateTimeFormat(locale, { ...format, timeZone }).format(at)
  return inLanguage(language, 'reasonDay', { day })
}

const dayNumber = (at: number, timeZone: string): number => Math.floor(wallTimeAt(at, timeZone) / DAY)

const clock = (at: number, timeZone: string, locale: string): string =>
  new Intl.DateTimeFormat(locale, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23', timeZone }).format(
    at,
  )
