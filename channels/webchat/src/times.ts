const DAY = 24 * 60 * 60 * 1_000

/** Times in the way of one locale. */
export interface Times {
  /** 14:02. */
  timeOfDay(at: string): string
  /** 14:02:07, for a log. */
  exactTime(at: string): string
  /** Everything there is to say, for a title. */
  fullTime(at: string): string
  /** The heading above the messages of a day. */
  dayName(at: string, now?: Date): string
  /** The time in a list: the clock today, then the day. */
  listTime(at: string, now?: Date): string
  /** A length of time. @param ms milliseconds */
  seconds(ms: number): string
  /** A number for a badge: at most 99. */
  count(number: number): string
}

export function createTimes(locale: string | undefined): Times {
  const format = (options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat =>
    new Intl.DateTimeFormat(locale, options)
  const clock = format({ hour: '2-digit', minute: '2-digit' })
  const exactClock = format({ hour: '2-digit', minute: '2-digit', second: '2-digit' })
  const weekday = format({ weekday: 'short' })
  const date = format({ day: 'numeric', month: 'short' })
  const dateOfYear = format({ day: 'numeric', month: 'short', year: 'numeric' })
  const longDate = format({ weekday: 'long', day: 'numeric', month: 'long' })
  const longDateOfYear = format({ dateStyle: 'full' })
  const full = format({ dateStyle: 'full', timeStyle: 'short' })
  const relative = new Intl.RelativeTimeFormat(locale, { numeric: 'auto' })
  const seconds = new Intl.NumberFormat(locale, {
    style: 'unit',
    unit: 'second',
    unitDisplay: 'long',
    maximumSignificantDigits: 2,
  })

  const timeOfDay = (at: string): string => clock.format(new Date(at))

  /** "Today", "Yesterday". */
  function near(daysAgo: number): string {
    const name = relative.format(-daysAgo, 'day')
    return name.charAt(0).toLocaleUpperCase(locale) + name.slice(1)
  }

  return {
    timeOfDay,
    exactTime: (at) => exactClock.format(new Date(at)),
    fullTime: (at) => full.format(new Date(at)),
    dayName(at, now = new Date()) {
      const ago = daysAgo(at, now)
      if (ago === 0 || ago === 1) return near(ago)
      const isThisYear = new Date(at).getFullYear() === now.getFullYear()
      return (isThisYear ? longDate : longDateOfYear).format(new Date(at))
    },
    listTime(at, now = new Date()) {
      const ago = daysAgo(at, now)
      if (ago <= 0) return timeOfDay(at)
      if (ago === 1) return near(1)
      if (ago < 7) return weekday.format(new Date(at))
      const isThisYear = new Date(at).getFullYear() === now.getFullYear()
      return (isThisYear ? date : dateOfYear).format(new Date(at))
    },
    seconds: (ms) => seconds.format(ms / 1_000),
    count: (number) => (number > 99 ? '99+' : String(number)),
  }
}

/** Whether both lie on the same day of the person's calendar. */
export const sameDay = (a: string, b: string): boolean =>
  new Date(a).toDateString() === new Date(b).toDateString()

const noon = (day: Date): number => new Date(day.getFullYear(), day.getMonth(), day.getDate(), 12).getTime()

/** How many midnights lie between; 0 = today. Noon is compared, so that a change of the clocks does not count. */
function daysAgo(at: string, now: Date): number {
  return Math.round((noon(now) - noon(new Date(at))) / DAY)
}
