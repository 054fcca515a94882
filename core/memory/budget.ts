import type { FoundMemory } from '#contract'

/** A date and the signs around a line. */
const LINE_TOKENS = 8
/** Longest memory that is counted: prompts cut it there. */
const LONGEST = 500

const DENSE =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Thai}\p{Script=Devanagari}]/gu
const FOREIGN = /[\p{Script=Cyrillic}\p{Script=Arabic}\p{Script=Hebrew}\p{Script=Greek}]/gu

/** About how many tokens a model makes of a text: four Latin letters each, two of other alphabets, one of dense scripts. */
export function tokensOf(text: string): number {
  const dense = text.match(DENSE)?.length ?? 0
  const foreign = text.match(FOREIGN)?.length ?? 0
  return Math.ceil(dense + foreign / 2 + (text.length - dense - foreign) / 4)
}

/** The best of them, as long as they are given best first, whole, and in no more than so many tokens together. */
export function withinTokens(
  found: readonly FoundMemory[],
  most: number,
  longest: number = LONGEST,
): FoundMemory[] {
  let left = most
  return found.filter(({ memory }) => {
    const tokens = tokensOf(memory.slice(0, longest)) + LINE_TOKENS
    if (tokens > left) return false
    left -= tokens
    return true
  })
}
