import type { Passage } from './builtin-prompt.ts'
import { coverage } from './words.ts'

/** A heading or a half sentence says little: the next one is quoted along until it is this long. */
const SHORT = 80
/** Longest quote. */
const LONG = 400

const sentences = new Intl.Segmenter('en', { granularity: 'sentence' })

/** The sentence of the person's files that speaks most of these words, with file and place; it must speak of more than `least` of them. */
export function quotePassage(
  wanted: readonly string[],
  passages: readonly Passage[],
  least: number,
): string | undefined {
  const [best] = passages
    .map((passage) => ({ passage, covered: coverage(wanted, passage.text) }))
    .filter(({ covered }) => covered > least)
    .sort((one, other) => other.covered - one.covered)
  return best && `${excerpt(wanted, best.passage.text)} (${best.passage.place})`
}

function excerpt(wanted: readonly string[], text: string): string {
  const parts = Array.from(sentences.segment(text), ({ segment }) => segment.trim()).filter(Boolean)
  const covered = parts.map((part) => coverage(wanted, part))
  let quote = ''
  for (let at = covered.indexOf(Math.max(...covered)); at < parts.length && quote.length < SHORT; at++) {
    quote = `${quote} ${parts[at]}`.trim()
  }
  return quote.length <= LONG ? quote : `${quote.slice(0, LONG - 1).toWellFormed()}…`
}
