import { Hono } from 'hono'
import { login } from '#contract'
import { problem } from '../errors.ts'
import type { PassCodes } from '../users/codes.ts'
import type { Users } from '../users/users.ts'
import { readBody } from './body.ts'
import type { Env } from './env.ts'
import type { Keys } from './keys.ts'
import { giveCookie, takeCookie } from './session-cookie.ts'
import type { Sessions } from './sessions.ts'

export interface SessionRouteParts {
  readonly keys: Keys
  readonly sessions: Sessions
  readonly codes: Pick<PassCodes, 'check'>
  readonly users: Pick<Users, 'named'>
}

/**
 * Logs browsers in and out: `POST`, `GET`, `DELETE /api/session`. The owner with the owner key, people with their pass code.
 */
export function sessionRoutes({ keys, sessions, codes, users }: SessionRouteParts): Hono<Env> {
  return new Hono<Env>()
    .post('/', async (c) => {
      const given = await readBody(c, login)
      if ('key' in given) {
        if (!keys.isOwnerKey(given.key)) throw problem('key_missing')
        giveCookie(c, await sessions.open())
        return c.json({ ok: true })
      }
      const user = users.named(given.user)
      const isRight = await codes.check(given.user.trim().toLowerCase(), user?.id, given.code)
      if (!isRight || !user) throw problem('code_wrong')
      giveCookie(c, await sessions.open(user.id))
      return c.json({ ok: true })
    })
    .get('/', (c) => {
      const caller = keys.callerOf(c.env.incoming.headers)
      if (!caller) throw problem('key_missing')
      return c.json({ caller: caller.kind, ...(caller.kind === 'user' && { user_id: caller.user_id }) })
    })
    .delete('/', async (c) => {
      const { headers } = c.env.incoming
      const caller = sessions.callerOf(headers)
      if (caller && c.req.query('everywhere') !== undefined)
        await sessions.closeAll(caller.kind === 'user' ? caller.user_id : undefined)
      await sessions.close(headers)
      takeCookie(c)
      return c.json({ ok: true })
    })
}
