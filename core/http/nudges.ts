import { type Context, Hono } from 'hono'
import { mayDeliverRequest, normalizeId, nudgeChanges } from '#contract'
import type { CoreConfig } from '../config/schema.ts'
import { problem } from '../errors.ts'
import type { Nudges } from '../nudges/nudges.ts'
import { assertMayDeliver, assertMayReadOf } from '../users/rights.ts'
import { check, readBody } from './body.ts'
import type { Env } from './env.ts'
import { whose } from './whose.ts'

/** Whether companions write first, for people; and for plugins, whether one may now. */
export function nudgeRoutes({ nudges, config }: { nudges: Nudges; config: () => CoreConfig }): Hono<Env> {
  function named(c: Context<Env>, id: string): { user_id: string; companion: string } {
    const { user_id } = check(c.req.query(), whose, 'body_invalid')
    assertMayReadOf(c.get('caller'), user_id)
    if (!config().companions.some((companion) => companion.id === id)) throw problem('companion_unknown', id)
    return { user_id, companion: id }
  }

  return new Hono<Env>()
    .get('/api/companions/:id/nudges', (c) => {
      const { user_id, companion } = named(c, c.req.param('id'))
      return c.json(nudges.rules(user_id, companion))
    })
    .patch('/api/companions/:id/nudges', async (c) => {
      const { user_id, companion } = named(c, c.req.param('id'))
      return c.json(await nudges.change(user_id, companion, await readBody(c, nudgeChanges)))
    })
    .post('/api/plugins/may-deliver', async (c) => {
      const { user_id, ...wanted } = await readBody(c, mayDeliverRequest)
      c.set('about', user_id)
      const companion = normalizeId(wanted.companion)
      assertMayDeliver(c.get('caller'), companion, config())
      return c.json(nudges.may(user_id, companion))
    })
}
