import { setImmediate as nextTurn } from 'node:timers/promises'
import type { ParsedResult } from 'chrono-node/en'

/** A time that a question asks about, in ms since 1970; `to` is its end. */
export interface Period {
  readonly from: number
  readonly to: number
  /** The question does not say of which year. */
  readonly everyYear: boolean
}

const DAY = 86_400_000
/** What a person tells is often some days old. */
const TOLD_WITHIN = 10 * DAY
/** Time zones, and what is told past midnight. */
const ABOUT = DAY
const MONTHS = 'january february march april may june july august september october november december'.split(
  ' ',
)
const HINT = new RegExp(
  String.raw`\d|${MONTHS.map((month) => month.slice(0, 3)).join('|')}|day|week|month|year|tonight|tomorrow|morning|night|ago`,
  'i',
)
const RELATIVE_MONTH = new RegExp(String.raw`\b(last|past|this|next) (${MONTHS.join('|')})\b`, 'i')
const YEAR = /\b(?:19|20)\d\d\b/
const EVENT = /\b(day|night|evening|morning|weekend|week|month|year) (before|after) (?=\p{L}{2})(.+)/iu
const SPANS: Readonly<Record<string, number>> = { weekend: 3, week: 7, month: 31, year: 366 }

/** The times that a question names, seen from `now`: "on 3 May", "last May", "two weeks ago". Knows English. */
export async function periodsOf(question: string, now: number): Promise<Period[]> {
  if (!HINT.test(question)) return []
  const found = (await parse(question, now)).flatMap(periodOf)
  if (found.length > 0) return found
  const month = RELATIVE_MONTH.exec(question)
  if (month) return [relativeMonth(month, new Date(now))]
  const year = YEAR.exec(question)
  return year ? [between(Date.UTC(Number(year[0]), 0), Date.UTC(Number(year[0]) + 1, 0), false)] : []
}

/** "the day before the trip": what to look for, and the time meant once it is known when that was. */
export interface BesideEvent {
  readonly event: string
  /** What is asked about that time. */
  readonly asked: string
  period(moment: number): Period
}

export function besideEvent(question: string): BesideEvent | undefined {
  const match = EVENT.exec(question)
  const [, unit = '', side = '', event = ''] = match ?? []
  if (!match || YEAR.test(event)) return undefined
  const span = (SPANS[unit.toLowerCase()] ?? 1) * DAY
  return {
    event,
    asked: question.slice(0, match.index),
    period: (moment) =>
      side.toLowerCase() === 'before'
        ? between(moment - span, moment - Math.min(span, DAY), false)
        : between(moment + Math.min(span, DAY), moment + span, false),
  }
}

/** The time that a memory speaks of: what was "yesterday" when it was said at `moment`. */
export async function eventTime(text: string, moment: number): Promise<number> {
  if (!HINT.test(text)) return moment
  const named = (await parse(text, moment)).find(({ start }) => start.isCertain('day'))
  return named ? named.start.date().getTime() : moment
}

/** How well something said at `moment` fits: 1 in a period, ½ soon after it, 0 otherwise. */
export function timeliness(periods: readonly Period[], moment: number): number {
  let best = 0
  for (const period of periods) {
    const { from, to } = period.everyYear ? inYearOf(period, moment) : period
    if (moment >= from - ABOUT && moment <= to + ABOUT) return 1
    if (moment > to && moment <= to + TOLD_WITHIN) best = 0.5
  }
  return best
}

/** Between which times what fits was said; the same of every year from `earliest` to `latest`. */
export function spansOf(periods: readonly Period[], earliest: number, latest: number): [number, number][] {
  return periods.flatMap((period) => {
    if (!period.everyYear) return [spanOf(period)]
    const [first, last] = [yearOf(earliest), yearOf(latest)]
    return Array.from({ length: Math.max(0, last - first) + 1 }, (_, at) =>
      spanOf(inYearOf(period, Date.UTC(first + at, 6))),
    )
  })
}

/** In turns of its own: loading it, and its first two calls, in which its expressions are compiled, take some 15 ms each. */
async function parse(text: string, now: number): Promise<ParsedResult[]> {
  const chrono = await import('chrono-node/en')
  await nextTurn()
  const found = chrono.parse(text, new Date(now))
  await nextTurn()
  return found
}

const spanOf = ({ from, to }: Period): [number, number] => [from - ABOUT, to + TOLD_WITHIN]
const between = (from: number, to: number, everyYear: boolean): Period => ({ from, to, everyYear })
const yearOf = (moment: number): number => new Date(moment).getUTCFullYear()

function inYearOf({ from, to }: Period, moment: number): Period {
  const start = new Date(from)
  const moved = start.setUTCFullYear(yearOf(moment))
  return between(moved, moved + to - from, false)
}

function periodOf({ text, start, end }: ParsedResult): Period[] {
  const [day, month, year] = [start.isCertain('day'), start.isCertain('month'), start.isCertain('year')]
  const weekday = start.isCertain('weekday') && /day/i.test(text)
  if (/^the (?:day|week|month|year) (?:before|after)$/i.test(text)) return []
  const at = start.date().getTime()
  if (end && day) return [between(at, end.date().getTime(), !year)]
  if (/\bweek\b/i.test(text)) return [between(at - 3 * DAY, at + 3 * DAY, false)]
  if (day || weekday) return [between(at, at, day && !year)]
  if (month) return [wholeMonth(start.date(), !year)]
  return year ? [between(Date.UTC(yearOf(at), 0), Date.UTC(yearOf(at) + 1, 0), false)] : []
}

function wholeMonth(date: Date, everyYear: boolean): Period {
  const [year, month] = [date.getUTCFullYear(), date.getUTCMonth()]
  return between(Date.UTC(year, month), Date.UTC(year, month + 1, 0), everyYear)
}

function relativeMonth([, which = '', name = '']: RegExpExecArray, now: Date): Period {
  const month = MONTHS.indexOf(name.toLowerCase())
  const passed = month < now.getUTCMonth()
  const shift = { next: passed ? 1 : 0, this: 0 }[which.toLowerCase()] ?? (passed ? 0 : -1)
  return wholeMonth(new Date(Date.UTC(now.getUTCFullYear() + shift, month)), false)
}
