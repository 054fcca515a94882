import { isDeepStrictEqual } from 'node:util'
import type { NewUser, UserChanges } from '#contract'
import { problem } from '../errors.ts'
import { createEdit, type EditParts } from './edit.ts'
import type { User } from './schema.ts'
import { type Change, changeUsers, type Entry } from './users-text.ts'

/** Changes of user.yml by Core. On disk, and seen by the running Core, when they resolve. One after the other. */
export interface UserEdits {
  /** @throws Problem `conflict` (the id is taken, or the file on disk has faults), `config_invalid`, `storage_failed` */
  add(user: NewUser): Promise<User>
  /** @param idOrName an id, else a name that one user alone has. @throws as `add`, and `not_found` */
  change(idOrName: string, changes: UserChanges): Promise<User>
  /** The chats and memories of the person stay. @throws as `change` */
  remove(idOrName: string): Promise<void>
}

export function createUserEdits(parts: EditParts): UserEdits {
  const editFile = createEdit('users', parts)
  const edit = async (plan: (users: readonly User[]) => Change): Promise<readonly User[]> =>
    (await editFile((text, { users }) => changeUsers(text, plan(users)))).users

  return {
    async add({ id, name, ...identities }) {
      const newId = id ?? idFrom(name)
      const users = await edit((users) => {
        if (users.some((user) => user.id === newId)) {
          throw problem('conflict', `There is a user with the id "${newId}" already. Choose another id`)
        }
        return { add: { id: newId, name, ...given(identities, NOBODY) } }
      })
      return find(users, newId).user
    },
    async change(idOrName, changes) {
      let id = idOrName
      const users = await edit((users) => {
        const { at, user } = find(users, idOrName)
        id = user.id
        return { at, set: { ...(changes.name && user.id === user.name && { id }), ...given(changes, user) } }
      })
      return find(users, id).user
    },
    async remove(idOrName) {
      await edit((users) => ({ at: find(users, idOrName).at, remove: true }))
    },
  }
}

/** @throws Problem `not_found`, and `conflict` when several have that name and nobody that id */
function find(users: readonly User[], idOrName: string): { at: number; user: User } {
  const known = users.map((user, at) => ({ at, user }))
  const byId = known.filter(({ user }) => user.id === idOrName)
  const [found, second] = byId.length > 0 ? byId : known.filter(({ user }) => user.name === idOrName)
  if (!found) throw problem('not_found', `user "${idOrName}"`)
  if (second) throw problem('conflict', `Several users have the name "${idOrName}". Use the id`)
  return found
}

const NOBODY = { name: '', email: [], im: [], phone: [], permissions: [] }

/** What differs from what the user has now. */
function given(changes: UserChanges, user: Omit<User, 'id' | 'keywords'>): Entry {
  const { name, email, im, phone, permissions } = changes
  return Object.fromEntries(
    Object.entries({ name, email, im, phone, permissions }).filter(
      (entry): entry is [string, string | string[]] =>
        entry[1] !== undefined && !isDeepStrictEqual(entry[1], Reflect.get(user, entry[0])),
    ),
  )
}

/** "Maya Ruiz" → "maya_ruiz", in any script. */
function idFrom(name: string): string {
  const id = name
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{M}\p{N}.-]+/gu, '_')
    .replaceAll(/^_+|_+$/g, '')
  if (!id) throw problem('body_invalid', 'id: none can be made from this name. Send one')
  return id
}
