/** Words of repetition, and the time of day that stands elsewhere. */
export interface Repetition {
  /** Minute and hour are filled in as `M` and `H` where a time of day belongs. */
  readonly pattern: string
  readonly index: number
  readonly text: string
  /** The hour when no time of day is said. */
  readonly hour: number
}

const WEEKDAYS = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday']
const weekday = `(?:${WEEKDAYS.map((day) => `${day}s?`).join('|')})`
const PARTS: Readonly<Record<string, number>> = {
  morning: 8,
  noon: 12,
  afternoon: 15,
  evening: 19,
  night: 21,
}
const MORNING = 9

interface Rule {
  readonly words: RegExp
  read(found: RegExpExecArray): { pattern: string; hour?: number | undefined } | undefined
}

const RULES: readonly Rule[] = [
  {
    words: /\b(?:every|each) (?:(\d{1,2}) )?(minute|hour)s?\b|\b(hourly)\b/i,
    read: ([, count = '1', unit]) => stepOf(Number(count), unit?.toLowerCase() === 'minute' ? 60 : 24),
  },
  {
    words: new RegExp(`\\b(?:every|each|on) (${weekday}(?:(?:, | and |, and )${weekday})*)\\b`, 'i'),
    read: ([text, days = '']) =>
      /^on /i.test(text) && !/s$/i.test(days)
        ? undefined
        : {
            pattern: `M H * * ${days
              .toLowerCase()
              .split(/, and |, | and /)
              .map(dayNumber)
              .join(',')}`,
          },
  },
  { words: /\b(?:(?:every|each) weekday|on weekdays)\b/i, read: () => ({ pattern: 'M H * * 1-5' }) },
  { words: /\b(?:(?:every|each) weekend|on weekends)\b/i, read: () => ({ pattern: 'M H * * 0,6' }) },
  {
    words: /\b(?:(?:every|each) month|monthly)(?: on)?(?: the)? (\d{1,2})(?:st|nd|rd|th)?\b/i,
    read: ([, day]) => (Number(day) >= 1 && Number(day) <= 31 ? { pattern: `M H ${day} * *` } : undefined),
  },
  {
    words: /\b(?:every|each) (?:day(?: in the)? )?(morning|noon|afternoon|evening|night)\b/i,
    read: ([, part = '']) => ({ pattern: 'M H * * *', hour: PARTS[part.toLowerCase()] }),
  },
  {
    words:
      /\b(?:(?:every|each) day|daily)\b|jeden Tag|täglich|tous les jours|chaque jour|todos los días|cada día|ogni giorno|todos os dias|todo dia|elke dag|dagelijks|каждый день|ежедневно|每天|毎日/iu,
    read: () => ({ pattern: 'M H * * *' }),
  },
]

/** Finds "every day", "every Monday and Thursday", "every 20 minutes" …; all of it in English, every day in others too. */
export function findRepetition(text: string): Repetition | undefined {
  for (const { words, read } of RULES) {
    const found = words.exec(text)
    const meant = found && read(found)
    if (meant)
      return { pattern: meant.pattern, hour: meant.hour ?? MORNING, index: found.index, text: found[0] }
  }
  return undefined
}

const dayNumber = (day: string): number => WEEKDAYS.indexOf(day.replace(/s$/, ''))

/** Cron counts within the hour or the day, so only what divides it goes on evenly. */
function stepOf(count: number, of: 24 | 60): { pattern: string } | undefined {
  if (count < 1 || of % count !== 0) return undefined
  const step = count === 1 ? '*' : `*/${count}`
  return { pattern: of === 60 ? `${step} * * * *` : `0 ${step} * * *` }
}
