import type { CompanionEntry } from '#contract'
import { isThere } from './people.ts'

/** The state of a companion in the words of a person; nothing for System, which is always there. */
export function presenceOf(companion: CompanionEntry | undefined): string {
  if (!companion) return ''
  if (isThere(companion)) return 'online'
  return companion.state === 'starting' ? 'starting' : 'offline now'
}
