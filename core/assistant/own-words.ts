import { ownWords } from '#contract'
import { contentWords, coverage } from '../model/words.ts'
import type { Question } from './assistant.ts'

/** How much of a statement has to be in the person's own words. */
const ENOUGH = 0.5
/** Earlier messages of the person that count. */
const MESSAGES = 6

/**
 * Whether the person said this in this chat: at least half of its words are theirs, outside of what they quoted or
 * pasted. What a web page, a file or a plugin wants to have remembered is not.
 */
export function isOwn(statement: string, { text, history, person }: Question): boolean {
  const names = contentWords(person.name)
  const wanted = contentWords(statement).filter((word) => !names.includes(word))
  const before = history.filter(({ role }) => role === 'user').slice(-MESSAGES)
  const said = [text, ...before.map((message) => message.text)].map(ownWords)
  return wanted.length === 0 || said.some((words) => coverage(wanted, words) >= ENOUGH)
}
