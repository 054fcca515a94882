import { Hono } from 'hono'
import { newPassCode } from '#contract'
import { problem } from '../errors.ts'
import type { PassCodes } from '../users/codes.ts'
import { assertMayChangeOf } from '../users/rights.ts'
import type { Users } from '../users/users.ts'
import { readBody } from './body.ts'
import type { Env } from './env.ts'
import { giveCookie } from './session-cookie.ts'
import type { Sessions } from './sessions.ts'

interface CodeParts {
  readonly codes: PassCodes
  readonly users: Pick<Users, 'get'>
  readonly sessions: Pick<Sessions, 'closeAll' | 'open'>
}

/**
 * `/api/config/users/{id}/code`: the pass code of a person, set by the owner, or by the person who knows the present one.
 * A new one logs the person out everywhere, but for the browser where they set it themself.
 */
export function codeRoutes({ codes, users, sessions }: CodeParts): Hono<Env> {
  const userOf = (id: string): string => {
    if (!users.get(id)) throw problem('not_found', `user "${id}" in config/user.yml`)
    return id
  }

  return new Hono<Env>()
    .get('/api/config/users/:id/code', (c) => {
      assertMayChangeOf(c.var.caller, c.req.param('id'))
      return c.json({ set: codes.has(userOf(c.req.param('id'))) })
    })
    .put('/api/config/users/:id/code', async (c) => {
      const { caller } = c.var
      assertMayChangeOf(caller, c.req.param('id'))
      const id = userOf(c.req.param('id'))
      const { code, present = '' } = await readBody(c, newPassCode)
      if (caller.kind === 'user' && codes.has(id) && !(await codes.check(id, id, present)))
        throw problem('code_wrong')
      await codes.set(id, code)
      await sessions.closeAll(id)
      if (caller.kind === 'user') giveCookie(c, await sessions.open(id))
      return c.json({ ok: true })
    })
    .delete('/api/config/users/:id/code', async (c) => {
      assertMayChangeOf(c.var.caller, c.req.param('id'))
      const removed = await codes.remove(userOf(c.req.param('id')))
      await sessions.closeAll(c.req.param('id'))
      return c.json({ removed })
    })
}
