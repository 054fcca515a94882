const DAY = 24 * 60 * 60 * 1_000

const clock = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' })
const weekday = new Intl.DateTimeFormat(undefined, { weekday: 'short' })
const date = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short' })
const dateOfYear = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short', year: 'numeric' })
const longDate = new Intl.DateTimeFormat(undefined, { weekday: 'long', day: 'numeric', month: 'long' })
const longDateOfYear = new Intl.DateTimeFormat(undefined, { dateStyle: 'full' })
const full = new Intl.DateTimeFormat(undefined, { dateStyle: 'full', timeStyle: 'short' })

/** 14:02, in the way of the person's locale. */
export const timeOfDay = (at: string): string => clock.format(new Date(at))

/** Everything there is to say, for a title. */
export const fullTime = (at: string): string => full.format(new Date(at))

/** Whether both lie on the same day of the person's calendar. */
export const sameDay = (a: string, b: string): boolean =>
  new Date(a).toDateString() === new Date(b).toDateString()

const noon = (day: Date): number => new Date(day.getFullYear(), day.getMonth(), day.getDate(), 12).getTime()

/** How many midnights lie between; 0 = today. Noon is compared, so that a change of the clocks does not count. */
function daysAgo(at: string, now: Date): number {
  return Math.round((noon(now) - noon(new Date(at))) / DAY)
}

/** The heading above the messages of a day. */
export function dayName(at: string, now = new Date()): string {
  const ago = daysAgo(at, now)
  if (ago === 0) return 'Today'
  if (ago === 1) return 'Yesterday'
  const isThisYear = new Date(at).getFullYear() === now.getFullYear()
  return (isThisYear ? longDate : longDateOfYear).format(new Date(at))
}

/** The time in a list: the clock today, then the day. */
export function listTime(at: string, now = new Date()): string {
  const ago = daysAgo(at, now)
  if (ago <= 0) return timeOfDay(at)
  if (ago === 1) return 'Yesterday'
  if (ago < 7) return weekday.format(new Date(at))
  const isThisYear = new Date(at).getFullYear() === now.getFullYear()
  return (isThisYear ? date : dateOfYear).format(new Date(at))
}
