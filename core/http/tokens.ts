import { Hono } from 'hono'
import type { z } from 'zod'
import { normalizeId, tokenRequest } from '#contract'
import { problem } from '../errors.ts'
import { assertOwner } from '../users/rights.ts'
import type { AccessTokens } from '../users/tokens.ts'
import type { Users } from '../users/users.ts'
import { readBody } from './body.ts'
import type { Env } from './env.ts'

/** `/api/tokens`: what the owner gives to plugins that are started by hand, to people and to bridges. */
export const tokenRoutes = ({
  tokens,
  users,
}: {
  tokens: AccessTokens
  users: Pick<Users, 'get'>
}): Hono<Env> =>
  new Hono<Env>()
    .post('/api/tokens', async (c) => {
      assertOwner(c.get('caller'))
      const wanted = await readBody(c, tokenRequest)
      return c.json(await tokens.issue(wanted.kind, subjectOf(wanted, users)), 201)
    })
    .get('/api/tokens', (c) => {
      assertOwner(c.get('caller'))
      return c.json({ tokens: tokens.list() })
    })
    .delete('/api/tokens/:id', async (c) => {
      assertOwner(c.get('caller'))
      const id = c.req.param('id')
      if (!(await tokens.revoke(id))) throw problem('not_found', `token "${id}"`)
      return c.json({ ok: true })
    })

/** A plugin need not be known yet: it registers with its token. */
function subjectOf({ kind, for: subject }: z.output<typeof tokenRequest>, users: Pick<Users, 'get'>): string {
  if (kind === 'user' && !users.get(subject))
    throw problem('not_found', `user "${subject}" in config/user.yml`)
  return kind === 'plugin' ? normalizeId(subject) : subject
}
