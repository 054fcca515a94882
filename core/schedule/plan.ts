import { problem } from '../errors.ts'
import { faultOfCron, nextSlot } from './cron.ts'
import { isTimeZone, momentOf } from './zone.ts'

/** When a job runs. */
export interface Plan {
  readonly at: number | null
  readonly cron: string | null
  readonly timezone: string
  readonly next_at: number
}

/** A moment that passed so little ago still counts as now, in ms. */
const JUST_NOW = 60_000

/**
 * @param wanted either `at` (ISO 8601; without an offset a time of the zone) or `cron`
 * @throws Problem `job_invalid`
 */
export function planOf(
  wanted: { at?: string | undefined; cron?: string | undefined; timezone: string },
  now: number,
): Plan {
  const { at, cron, timezone } = wanted
  if (!isTimeZone(timezone))
    throw invalid(`"${timezone}" is no time zone. Write it as the IANA database does, e.g. Europe/Berlin`)
  if ((at === undefined) === (cron === undefined)) throw invalid('it needs either "at" or "cron"')
  if (cron !== undefined) {
    const fault = faultOfCron(cron)
    if (fault !== undefined) throw invalid(`cron: ${fault}`)
    return { at: null, cron, timezone, next_at: nextSlot(cron, timezone, now) }
  }
  const moment = momentMeant(at ?? '', timezone)
  if (moment < now - JUST_NOW) throw invalid(`"${at}" has passed`)
  return { at: moment, cron: null, timezone, next_at: moment }
}

function momentMeant(at: string, timezone: string): number {
  const hasTime = /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}/.test(at)
  const hasOffset = /(?:z|[+-]\d{2}:?\d{2})$/i.test(at)
  const moment = Date.parse(hasOffset ? at : `${at}Z`)
  if (!hasTime || Number.isNaN(moment))
    throw invalid(
      `"${at}" is no time. Write it as 2026-11-21T08:00, or with an offset: 2026-11-21T08:00+01:00`,
    )
  return hasOffset ? moment : momentOf(moment, timezone)
}

const invalid = (fault: string) => problem('job_invalid', fault)
