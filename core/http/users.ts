import { Hono } from 'hono'
import { newUser, userChanges, type UserEntry } from '#contract'
import type { UserEdits } from '../config/edit-users.ts'
import type { User } from '../config/schema.ts'
import { problem } from '../errors.ts'
import type { Users } from '../users/users.ts'
import { assertOwner } from '../users/rights.ts'
import { readBody } from './body.ts'
import type { Caller, Env } from './env.ts'

/** The people of user.yml: the picker of the Companion app, and Manage Core (seed 002, "Single entry point"). */
export const usersRoutes = ({ users, edit }: { users: Users; edit: UserEdits }): Hono<Env> =>
  new Hono<Env>()
    .get('/api/config/users', (c) => c.json({ users: visible(users, c.get('caller')).map(toEntry) }))
    .post('/api/config/users', async (c) => {
      assertOwner(c.get('caller'))
      const user = await edit.add(await readBody(c, newUser))
      return c.json({ result: 'ok', name: user.name, user: toEntry(user) }, 201)
    })
    .patch('/api/config/users/:id', async (c) => {
      assertOwner(c.get('caller'))
      const user = await edit.change(c.req.param('id'), await readBody(c, userChanges))
      return c.json({ result: 'ok', name: user.name, user: toEntry(user) })
    })
    .delete('/api/config/users/:id', async (c) => {
      assertOwner(c.get('caller'))
      await edit.remove(c.req.param('id'))
      return c.json({ result: 'ok' })
    })

function visible(users: Users, caller: Caller): readonly User[] {
  if (caller.kind === 'owner') return users.list()
  if (caller.kind !== 'user') throw problem('not_allowed', 'The users of this Core are shown to people only')
  const self = users.get(caller.user_id)
  return self ? [self] : []
}

const toEntry = ({ id, name, email, im, phone, permissions }: User): UserEntry => ({
  id,
  name,
  email: [...email],
  im: [...im],
  phone: [...phone],
  permissions: [...permissions],
})
