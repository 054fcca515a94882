import { Hono } from 'hono'
import type { z } from 'zod'
import { COMPANION_USER, deliverRequest, type deliverResponse, normalizeId } from '#contract'
import type { CoreConfig } from '../config/schema.ts'
import type { Database } from '../database.ts'
import type { Outbox } from '../delivery/delivery.ts'
import { problem } from '../errors.ts'
import { grantMissing, mayDeliver } from '../users/rights.ts'
import type { Users } from '../users/users.ts'
import { readBody } from './body.ts'
import type { Caller, Env } from './env.ts'

export interface DeliverParts {
  readonly database: Pick<Database, 'write'>
  readonly delivery: Outbox
  readonly users: Pick<Users, 'get'>
  /** As core.yml says now. */
  readonly config: () => CoreConfig
}

/** `POST /api/plugins/deliver`: a companion speaks first. */
export function deliverRoutes({ database, delivery, users, config }: DeliverParts): Hono<Env> {
  return new Hono<Env>().post('/api/plugins/deliver', async (c) => {
    const { caller } = c.var
    const { dedupe_key, reason, ...wanted } = await readBody(c, deliverRequest)
    const companion = normalizeId(wanted.companion)
    if (!mayDeliver(caller, companion, config()))
      throw grantMissing(caller, `deliver as "${companion}"`, 'deliver: true')
    if (!config().companions.some(({ id }) => id === companion)) throw problem('companion_unknown', companion)
    const user_id = wanted.user_id === 'system' ? COMPANION_USER : wanted.user_id
    if (user_id !== COMPANION_USER && !users.get(user_id)) throw problem('not_found', `user "${user_id}"`)
    const id = await database.write(() =>
      delivery.enqueue({
        user_id,
        partner: companion,
        text: wanted.text,
        format: wanted.format,
        source: { kind: 'plugin', id: nameOf(caller) },
        ...(reason && { reason }),
        ...(dedupe_key && { dedupe_key }),
      }),
    )
    return c.json<z.infer<typeof deliverResponse>>({ ok: true, id })
  })
}

const nameOf = (caller: Caller): string => (caller.kind === 'plugin' ? caller.plugin_id : caller.kind)
