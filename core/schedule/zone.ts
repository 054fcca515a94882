/**
 * A time as a clock on the wall shows it, in ms: `Date.UTC` of its year, month, day, hour, minute and second. It is no
 * moment until a time zone makes it one.
 */
export type WallTime = number

/** The time zone of the machine Core runs on. */
export const machineZone = (): string => Intl.DateTimeFormat().resolvedOptions().timeZone

/** Whether this is a time zone of the IANA database, as `Europe/Berlin`. */
export function isTimeZone(name: string): boolean {
  try {
    return clockOf(name) !== undefined
  } catch {
    return false
  }
}

const clocks = new Map<string, Intl.DateTimeFormat>()

/** @throws RangeError when there is no such time zone */
function clockOf(timeZone: string): Intl.DateTimeFormat {
  const known = clocks.get(timeZone)
  if (known) return known
  const two = '2-digit'
  const clock = new Intl.DateTimeFormat('en-US', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: two,
    day: two,
    hour: two,
    minute: two,
    second: two,
  })
  clocks.set(timeZone, clock)
  return clock
}

/** What the clocks of a time zone show at a moment (ms since 1970), whole seconds. */
export function wallTimeAt(at: number, timeZone: string): WallTime {
  const parts = Object.fromEntries(
    clockOf(timeZone)
      .formatToParts(at)
      .map(({ type, value }) => [type, Number(value)]),
  )
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = parts
  return Date.UTC(year, month - 1, day, hour, minute, second)
}

const DAY = 24 * 60 * 60 * 1000

/**
 * The moments at which the clocks of a time zone show this time: two where they are put back, none where they are put
 * forward; then `instead` is the moment that RFC 5545 (3.3.5) names, with the offset from before the change.
 */
export function momentsOf(wall: WallTime, timeZone: string): { shown: number[]; instead: number } {
  const [before, after] = [wall - DAY, wall + DAY].map((at) => wall - offsetAt(at, timeZone)) as [
    number,
    number,
  ]
  const shown = [...new Set([before, after])].filter((at) => wallTimeAt(at, timeZone) === wall)
  return { shown: shown.sort((one, other) => one - other), instead: before }
}

/** The one moment that a person means by this time: the first of two, and never none. */
export function momentOf(wall: WallTime, timeZone: string): number {
  const { shown, instead } = momentsOf(wall, timeZone)
  return shown[0] ?? instead
}

const offsetAt = (at: number, timeZone: string): number =>
  wallTimeAt(at, timeZone) - Math.floor(at / 1000) * 1000
