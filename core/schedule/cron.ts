import { createTask, parse, validateDetailed } from 'node-cron'
import { momentOf, momentsOf, type WallTime, wallTimeAt } from './zone.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
/** More than any clock is put forward or back. */
const CHANGE = 3 * HOUR
/** Far enough for 29 February, also around a year like 2100. */
const MAX_DAYS = 9 * 366
/** How far to look back for the slot that was missed last, in ms: most jobs are found at once, the rarest still. */
const LOOK_BACK = [HOUR, DAY, 8 * DAY, 32 * DAY, 367 * DAY, MAX_DAYS * DAY]

/** What is wrong with a cron expression of five fields (or `@daily` and the like); undefined when nothing is. */
export function faultOfCron(cron: string): string | undefined {
  const fields = cron.trim().split(/\s+/)
  if (fields.length !== 5 && !cron.trim().startsWith('@'))
    return `"${cron}" has ${fields.length} fields; a cron expression has five: minute hour day month weekday`
  const { valid, errors } = validateDetailed(cron)
  return valid ? undefined : errors.map(({ message }) => message).join('; ')
}

/**
 * The first moment after `after` (ms) at which this cron expression is due where the clocks show this time zone.
 *
 * node-cron reads the expression and says which days match. It is not asked for the moments: it leaves out a day whose
 * time the clocks skip, and one of the two hours they show twice. Here a time of day that is skipped counts with the
 * offset from before the change and one that comes twice counts once, as RFC 5545 (3.3.5) has it; what is due in every
 * hour goes on by the moments, whatever the clocks show.
 * @param cron one without a fault
 */
export function nextSlot(cron: string, timeZone: string, after: number): number {
  const next = walk(cron, timeZone, after)
  if (next === undefined) throw new RangeError(`"${cron}" is never due`)
  return next
}

/** The last moment of `cron` in `from` … `to`, both included; `from` is one. */
export function lastSlot(cron: string, timeZone: string, { from, to }: { from: number; to: number }): number {
  const start = LOOK_BACK.map((ms) => nextSlot(cron, timeZone, to - ms)).find((slot) => slot <= to) ?? from
  let last = Math.max(start, from)
  for (let next = last; next <= to; next = nextSlot(cron, timeZone, last)) last = next
  return last
}

function walk(cron: string, timeZone: string, after: number): number | undefined {
  const { hour: hours, minute: minutes, month: months } = parse(cron)
  const everyHour = hours.length === 24
  const momentsAt = (wall: WallTime): readonly number[] =>
    everyHour ? momentsOf(wall, timeZone).shown : [momentOf(wall, timeZone)]
  const task = createTask(cron, () => undefined, { timezone: 'UTC' })
  const from = wallTimeAt(after, timeZone) - CHANGE
  const firstDay = Math.floor(from / DAY) * DAY
  try {
    for (let date = firstDay; date <= firstDay + MAX_DAYS * DAY; date += DAY) {
      if (!months.includes(new Date(date).getUTCMonth() + 1)) continue
      if (!task.match(new Date(date + (hours[0] ?? 0) * HOUR + (minutes[0] ?? 0) * MINUTE))) continue
      const walls = hours.flatMap((hour) => minutes.map((minute) => date + hour * HOUR + minute * MINUTE))
      const due = earliest(walls, { after, from, momentsAt })
      if (due !== undefined) return due
    }
    return undefined
  } finally {
    void task.destroy()
  }
}

/** Looks on beyond the first that it finds: where clocks are put back, an earlier moment may have a later time. */
function earliest(
  walls: readonly WallTime[],
  { after, from, momentsAt }: { after: number; from: WallTime; momentsAt(wall: WallTime): readonly number[] },
): number | undefined {
  let found: number | undefined
  let until = Infinity
  for (const wall of walls) {
    if (wall < from) continue
    if (wall > until) break
    for (const at of momentsAt(wall)) {
      if (at <= after || at >= (found ?? Infinity)) continue
      found = at
      until = wall + CHANGE
    }
  }
  return found
}
