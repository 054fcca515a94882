import { momentOf, wallTimeAt } from '../schedule/zone.ts'

const MINUTE = 60_000
const DAY = 24 * 60 * MINUTE

/**
 * When the quiet hours end that it is in; undefined when it is not quiet.
 * @param hours `22:00-08:00`, or empty for none
 */
export function quietUntil(hours: string, now: number, timeZone: string): number | undefined {
  const [from, to] = hours.split('-').map(minutesOf)
  if (from === undefined || to === undefined || from === to) return undefined
  const wall = wallTimeAt(now, timeZone)
  const midnight = Math.floor(wall / DAY) * DAY
  const minute = (wall - midnight) / MINUTE
  const isQuiet = from < to ? minute >= from && minute < to : minute >= from || minute < to
  if (!isQuiet) return undefined
  const end = midnight + to * MINUTE
  return momentOf(end > wall ? end : end + DAY, timeZone)
}

/** The moments at which the day of a person begins and ends. */
export function dayOf(now: number, timeZone: string): { begins: number; ends: number } {
  const midnight = Math.floor(wallTimeAt(now, timeZone) / DAY) * DAY
  return { begins: momentOf(midnight, timeZone), ends: momentOf(midnight + DAY, timeZone) }
}

function minutesOf(clock: string): number | undefined {
  const [hours, minutes] = clock.split(':').map(Number)
  return clock === '' || hours === undefined || minutes === undefined ? undefined : hours * 60 + minutes
}
