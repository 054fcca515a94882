import type { Person } from '../users/users.ts'

/** The memory of companions while nobody is picked; further companions have one of their own behind a colon. */
const COMPANION_FRIEND = 'companion_friend'

/** The uncombined memory namespace of a companion (design section 6). */
export const namespaceOfCompanion = (companionId: string): string =>
  companionId === 'friend' ? COMPANION_FRIEND : `${COMPANION_FRIEND}:${companionId}`

/** Where what this person says to this partner is remembered. Combined, System and the companions share the person's. */
export const namespaceOf = (person: Person, companionId: string | undefined): string =>
  person.kind === 'companion' && companionId !== undefined ? namespaceOfCompanion(companionId) : person.id
