import { COMPANION_USER } from '#contract'
import type { Config, User } from '../config/schema.ts'
import { problem } from '../errors.ts'
import { fold } from '../route.ts'
import { keysOf, keysOfSender, kindOf } from './identities.ts'
import type { Person, Sender, Users } from './users.ts'

interface Directory {
  readonly users: readonly User[]
  readonly byId: ReadonlyMap<string, User>
  readonly byIdentity: ReadonlyMap<string, User>
}

/** The people of the configuration as it is now; a changed configuration is seen by the next message. */
export function createUsers(currentConfig: () => Config): Users {
  let directory = directoryOf(currentConfig().users)

  function current(): Directory {
    const { users } = currentConfig()
    if (users !== directory.users) directory = directoryOf(users)
    return directory
  }

  return {
    list: () => current().users,
    get: (id) => current().byId.get(id),
    named: (idOrName) => named(current(), idOrName),
    identify: (sender) => identify(current(), sender),
  }
}

function named({ users, byId }: Directory, idOrName: string): User | undefined {
  const wanted = fold(idOrName)
  const meant = users.filter(({ id, name }) => fold(id) === wanted || fold(name) === wanted)
  return byId.get(idOrName) ?? (meant.length === 1 ? meant[0] : undefined)
}

function identify({ byId, byIdentity }: Directory, sender: Sender): Person {
  if (isCompanion(sender.user_id)) {
    return { kind: 'companion', id: COMPANION_USER, name: sender.user_name ?? COMPANION_USER }
  }
  const user = byId.get(sender.user_id) ?? byIdentities(byIdentity, sender)
  if (!user) throw problem('sender_unknown', identityOf(sender))
  if (user.permissions.length > 0 && !user.permissions.includes(kindOf(sender.channel_name))) {
    throw problem('sender_not_permitted', user.id, sender.channel_name)
  }
  return { kind: 'user', id: user.id, name: user.name, user }
}

function byIdentities(byIdentity: Directory['byIdentity'], sender: Sender): User | undefined {
  const key = keysOfSender(sender.channel_name, sender.user_id).find((key) => byIdentity.has(key))
  return key === undefined ? undefined : byIdentity.get(key)
}

function directoryOf(users: readonly User[]): Directory {
  return {
    users,
    byId: new Map(users.map((user) => [user.id, user])),
    byIdentity: new Map(users.flatMap((user) => keysOf(user).map((key) => [key, user] as const))),
  }
}

/** No user can have one of these ids in any case (core/config/schema.ts), so neither can be taken for a person. */
const isCompanion = (id: string): boolean =>
  id.toLowerCase() === COMPANION_USER || id.toLowerCase() === 'system'

/** As the owner can paste it into user.yml. */
const identityOf = ({ channel_name, user_id }: Sender): string =>
  user_id.startsWith(`${channel_name}:`) ? user_id : `${channel_name}:${user_id}`
