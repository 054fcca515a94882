import type { CompanionEntry } from '#contract'
import { isThere } from './people.ts'
import type { Words } from './words/en.ts'

/** The state of a companion in the words of a person; nothing for System, which is always there. */
export function presenceOf(companion: CompanionEntry | undefined, words: Words): string {
  if (!companion) return ''
  if (isThere(companion)) return words.online
  return companion.state === 'starting' ? words.starting : words.offlineNow
}
