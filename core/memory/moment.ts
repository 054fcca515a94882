/** What the engine's own reader of dates understands; it refuses a date that has any other word in it. */
const READ_WORDS = /\b(?!(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|am\b|pm\b))\p{L}+\b/giu

/**
 * The time that a `said_at` means: ISO 8601, or an English date with its year in words ("1:56 pm on 8 May, 2023"). In
 * ms since 1970; undefined for anything else.
 */
export function momentOf(text: string): number | undefined {
  if (!/\d{4}/.test(text)) return undefined
  const iso = /^\s*\d{4}-\d\d/.test(text)
  const moment = Date.parse(iso ? text.trim() : `${plain(text)} UTC`)
  return Number.isNaN(moment) ? undefined : moment
}

const plain = (text: string): string =>
  text
    .replace(/(\d)(?:st|nd|rd|th)\b/gi, '$1')
    .replace(/[^\d\p{L}:/-]+/gu, ' ')
    .replace(READ_WORDS, ' ')
