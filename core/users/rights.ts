import type { CoreConfig, PluginConfig, User } from '../config/schema.ts'
import { type Problem, problem } from '../errors.ts'
import type { Caller } from '../http/env.ts'
import { namespaceOfCompanion } from '../memory/namespace.ts'
import { keysOf, ownKeysOfSender } from './identities.ts'
import type { Person, Sender } from './users.ts'

/** @throws Problem `not_allowed` when this caller may not write as this person (design section 7) */
export function assertMayWriteAs(caller: Caller, person: Person, sender: Sender): void {
  if (caller.kind === 'owner') return
  if (caller.kind === 'user' && person.kind === 'user' && person.id === caller.user_id) return
  if (
    caller.kind === 'channel' &&
    person.kind === 'user' &&
    isOwnIdentity(caller.channel, person.user, sender)
  )
    return
  throw problem('not_allowed', `This ${caller.kind} token may not write as "${person.id}"`)
}

/** Whether this person is known by what the channel itself calls its sender; a user id is none. */
function isOwnIdentity(channel: string, user: User, { channel_name, user_id }: Sender): boolean {
  if (channel.toLowerCase() !== channel_name.toLowerCase()) return false
  const known = new Set(keysOf(user))
  return ownKeysOfSender(channel_name, user_id).some((key) => known.has(key))
}

/** @throws Problem `not_allowed` when this caller may not read what belongs to this user */
export function assertMayReadOf(caller: Caller, userId: string): void {
  if (!mayRead(caller, userId))
    throw problem('not_allowed', `This ${caller.kind} token may not read what belongs to "${userId}"`)
}

/** Whether what is for this user may be seen and acknowledged by this caller. */
export const mayRead = (caller: Caller, userId: string): boolean =>
  caller.kind === 'owner' || (caller.kind === 'user' && caller.user_id === userId)

/** @throws Problem `not_allowed` when this caller may not change what belongs to this user */
export function assertMayChangeOf(caller: Caller, userId: string): void {
  if (!mayRead(caller, userId))
    throw problem('not_allowed', `This ${caller.kind} token may not change what belongs to "${userId}"`)
}

/** @throws Problem `not_allowed` for everybody but the owner and users */
export function assertPerson(caller: Caller): void {
  if (caller.kind !== 'owner' && caller.kind !== 'user')
    throw problem('not_allowed', 'Only the owner and users may see the companions')
}

/** @throws Problem `not_allowed` for everybody but the owner */
export function assertOwner(caller: Caller): void {
  if (caller.kind !== 'owner') throw problem('not_allowed', 'Only the owner key may do this')
}

/** Whether this caller may add to and search this memory namespace. @param served the namespace of the turn it is just answering */
export function mayUseNamespace(
  caller: Caller,
  namespace: string,
  config: CoreConfig,
  served?: string,
): boolean {
  if (caller.kind === 'owner') return true
  const granted = grantsOf(caller, config)?.memory ?? []
  if (!STANDS_FOR_OTHERS.has(namespace) && granted.includes(namespace)) return true
  if (granted.includes('users') && namespace === served) return true
  const own = config.companions.filter(({ id }) => speaksFor(caller, id, config))
  return granted.includes('own') && own.some(({ id }) => namespaceOfCompanion(id) === namespace)
}

/** Words of `memory` in core.yml that are no namespaces. */
const STANDS_FOR_OTHERS: ReadonlySet<string> = new Set(['own', 'users'])

/** Whether this caller may have text generated. */
export const mayUseModel = (caller: Caller, config: CoreConfig): boolean =>
  caller.kind === 'owner' || (grantsOf(caller, config)?.model ?? false) !== false

/**
 * Whether this caller may have a message delivered that nobody waits for, in the name of this companion. A plugin may
 * speak for its own companions only.
 */
export const mayDeliver = (caller: Caller, companionId: string, config: CoreConfig): boolean =>
  caller.kind === 'owner' ||
  (grantsOf(caller, config)?.deliver === true && speaksFor(caller, companionId, config))

/** @throws Problem `grant_missing`; `not_allowed` when it was granted, and the companion is none of its own */
export function assertMayDeliver(caller: Caller, companionId: string, config: CoreConfig): void {
  if (mayDeliver(caller, companionId, config)) return
  if (grantsOf(caller, config)?.deliver !== true)
    throw grantMissing(caller, `deliver as "${companionId}"`, 'deliver: true')
  const whose = `"${companionId}" is none of those that core.yml gives to it`
  throw problem('not_allowed', `A plugin writes as its own companions only, and ${whose}`)
}

/** Whether this caller may have Core do something at a set time. */
export const maySchedule = (caller: Caller, config: CoreConfig): boolean =>
  caller.kind === 'owner' || grantsOf(caller, config)?.schedule === true

/** Whether this companion is one of the plugin that calls. */
const speaksFor = (caller: Caller, companionId: string, config: CoreConfig): boolean =>
  caller.kind === 'plugin' &&
  config.companions.some(({ id, plugin_id }) => id === companionId && plugin_id === caller.plugin_id)

/** What stands under plugins.<id> in core.yml. */
export const grantedTo = (
  pluginId: string,
  { plugins }: Pick<CoreConfig, 'plugins'>,
): PluginConfig | undefined => (Object.hasOwn(plugins, pluginId) ? plugins[pluginId] : undefined)

const grantsOf = (caller: Caller, config: CoreConfig): PluginConfig | undefined =>
  caller.kind === 'plugin' ? grantedTo(caller.plugin_id, config) : undefined

/**
 * The problem of a caller without a right. A plugin's owner reads what to add to core.yml.
 * @param doing "use the language model"
 * @param grant as it would stand under plugins.<id>: `model: true`
 */
export const grantMissing = (caller: Caller, doing: string, grant: string): Problem =>
  caller.kind === 'plugin'
    ? problem('grant_missing', caller.plugin_id, doing, caller.plugin_id, grant)
    : problem('not_allowed', `Only the owner and plugins that were granted it may ${doing}`)
