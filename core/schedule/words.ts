import {
  ar,
  de,
  en,
  es,
  fi,
  fr,
  id,
  it,
  ja,
  nl,
  type ParsedResult,
  pt,
  ru,
  sv,
  uk,
  vi,
  zh,
} from 'chrono-node'
import { findRepetition, type Repetition } from './repeats.ts'
import { momentOf, wallTimeAt, type WallTime } from './zone.ts'

const HOUR = 60 * 60 * 1000
const DAY = 24 * HOUR
/** The hour of a day that is named without one. */
const MORNING = 9

/** When somebody means: once, or again and again. */
export type When = { readonly at: number } | { readonly cron: string }

/** What of a text says when, and what that means. */
export interface FoundTime {
  readonly when: When
  /** The pieces of the text that say it, from left to right. */
  readonly pieces: readonly { readonly index: number; readonly text: string }[]
}

const parsers = { en, de, fr, es, it, pt, nl, ru, uk, ja, zh, ar, fi, id, sv, vi }
export type TimeLanguage = keyof typeof parsers

interface Here {
  /** ms since 1970. */
  readonly now: number
  /** Where the person is; a time without a zone is meant there. */
  readonly timeZone: string
  /** The language of the text; undefined tries all of them, English first. */
  readonly language?: TimeLanguage | undefined
}

/**
 * Finds a time in words: "tomorrow at 8", "in 20 minutes", "every Monday at 9", "morgen um 8 Uhr", "2026-11-21T08:00".
 * A day without a time of day is meant in the morning; a time of day without a day is the next one.
 */
export function findTime(text: string, here: Here): FoundTime | undefined {
  const repetition = findRepetition(text)
  if (repetition) return repeated(text, repetition, here)
  const best = bestOf(text, here)
  return best && { when: { at: momentMeant(best.found, here, best.language) }, pieces: [best.found] }
}

function repeated(text: string, repetition: Repetition, here: Here): FoundTime {
  const { pattern, index, hour } = repetition
  const rest =
    text.slice(0, index) + ' '.repeat(repetition.text.length) + text.slice(index + repetition.text.length)
  const time = pattern.startsWith('M') ? bestOf(rest, here)?.found : undefined
  const said = time?.start.isCertain('hour') ? time : undefined
  const cron = pattern
    .replace('M', String(said?.start.get('minute') ?? 0))
    .replace('H', String(said ? eveningHour(said, text) : hour))
  const pieces = [repetition, ...(said ? [said] : [])].sort((one, other) => one.index - other.index)
  return { when: { cron }, pieces }
}

/** "every evening at 8" is 20:00. */
function eveningHour({ start }: ParsedResult, text: string): number {
  const hour = start.get('hour') ?? 0
  const late = /\b(evening|night|afternoon)\b/i.test(text) && hour < 12 && !start.isCertain('meridiem')
  return late ? hour + 12 : hour
}

function bestOf(text: string, here: Here): { found: ParsedResult; language: TimeLanguage } | undefined {
  const wall = new Date(wallTimeAt(here.now, here.timeZone))
  const languages = here.language ? [here.language] : (Object.keys(parsers) as TimeLanguage[])
  return languages
    .flatMap((language) =>
      parsers[language].casual
        .parse(text, { instant: wall, timezone: 0 })
        .map((found) => ({ found, language })),
    )
    .sort(
      (one, other) =>
        clarity(other.found) - clarity(one.found) || other.found.text.length - one.found.text.length,
    )
    .find(({ found }) => clarity(found) > 0)
}

/** A time of day or a way from now, before a day, before what may be another word (`may`, `march`). */
function clarity({ start }: ParsedResult): number {
  if (start.isCertain('hour')) return 3
  if (start.isCertain('day') || start.isCertain('weekday')) return 2
  return start.tags().has('result/relativeDate') ? 1 : 0
}

function momentMeant(found: ParsedResult, { now, timeZone }: Here, language: TimeLanguage): number {
  const { start } = found
  const wallNow = wallTimeAt(now, timeZone)
  const wall = wallOf(found, wallNow)
  if (found.tags().has('result/relativeDateAndTime')) return now + (wall - wallNow)
  if (start.isCertain('timezoneOffset')) return wall - (start.get('timezoneOffset') ?? 0) * 60_000
  return momentOf(wall > wallNow ? wall : ahead(found, wall, wallNow, language), timeZone)
}

/** The next one, where what was said leaves that open. */
function ahead({ start }: ParsedResult, wall: WallTime, now: WallTime, language: TimeLanguage): WallTime {
  if (start.isCertain('weekday') && !start.isCertain('day')) return wall + 7 * DAY
  if (start.isCertain('day'))
    return start.isCertain('month') && !start.isCertain('year') && now - wall > DAY ? yearLater(wall) : wall
  const half = new Date(wall).getUTCHours() < 12 && !start.isCertain('meridiem') && language === 'en'
  return half && wall + 12 * HOUR > now ? wall + 12 * HOUR : wall + DAY
}

function yearLater(wall: WallTime): WallTime {
  const date = new Date(wall)
  return date.setUTCFullYear(date.getUTCFullYear() + 1)
}

function wallOf({ start }: ParsedResult, now: WallTime): WallTime {
  const [year, month, day] = [start.get('year') ?? 0, start.get('month') ?? 1, start.get('day') ?? 1]
  const hour = start.get('hour') ?? MORNING
  const [minute, second] = [start.get('minute') ?? 0, start.get('second') ?? 0]
  const relative = start.tags().has('result/relativeDate')
  const guessed = hour === 12 || hour === new Date(now).getUTCHours()
  if (!relative && !start.isCertain('hour') && guessed) return Date.UTC(year, month - 1, day, MORNING)
  return Date.UTC(year, month - 1, day, hour, minute, relative || start.isCertain('second') ? second : 0)
}
