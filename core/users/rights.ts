import type { CoreConfig } from '../config/schema.ts'
import { problem } from '../errors.ts'
import type { Caller } from '../http/env.ts'
import { namespaceOfCompanion } from '../memory/namespace.ts'
import type { Person } from './users.ts'

/** @throws Problem `not_allowed` when this caller may not write as this person (design section 7) */
export function assertMayWriteAs(caller: Caller, person: Person): void {
  if (caller.kind === 'owner') return
  if (caller.kind === 'user' && person.kind === 'user' && person.id === caller.user_id) return
  throw problem('not_allowed', `This ${caller.kind} token may not write as "${person.id}"`)
}

/** @throws Problem `not_allowed` when this caller may not read what belongs to this user */
export function assertMayReadOf(caller: Caller, userId: string): void {
  if (caller.kind === 'owner' || (caller.kind === 'user' && caller.user_id === userId)) return
  throw problem('not_allowed', `This ${caller.kind} token may not read what belongs to "${userId}"`)
}

/** @throws Problem `not_allowed` when this caller may not change what belongs to this user */
export function assertMayChangeOf(caller: Caller, userId: string): void {
  if (caller.kind === 'owner' || (caller.kind === 'user' && caller.user_id === userId)) return
  throw problem('not_allowed', `This ${caller.kind} token may not change what belongs to "${userId}"`)
}

/** @throws Problem `not_allowed` for everybody but the owner */
export function assertOwner(caller: Caller): void {
  if (caller.kind !== 'owner') throw problem('not_allowed', 'Only the owner key may do this')
}

/** Whether this caller may add to and search this memory namespace. */
export function mayUseNamespace(caller: Caller, namespace: string, config: CoreConfig): boolean {
  if (caller.kind === 'owner') return true
  if (caller.kind !== 'plugin') return false
  const granted = config.plugins[caller.plugin_id]?.memory ?? []
  if (namespace !== 'own' && granted.includes(namespace)) return true
  const own = config.companions.filter((companion) => companion.plugin_id === caller.plugin_id)
  return granted.includes('own') && own.some((companion) => namespaceOfCompanion(companion.id) === namespace)
}

/** Whether this caller may have text generated. */
export const mayUseModel = (caller: Caller, config: CoreConfig): boolean =>
  caller.kind === 'owner' || (caller.kind === 'plugin' && config.plugins[caller.plugin_id]?.model === true)
