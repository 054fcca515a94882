import { Hono } from 'hono'
import type { z } from 'zod'
import { COMPANION_USER, deliverRequest, type deliverResponse, normalizeId } from '#contract'
import { SYSTEM } from '../chats/chats.ts'
import type { CoreConfig } from '../config/schema.ts'
import type { Database } from '../database.ts'
import type { Outbox } from '../delivery/delivery.ts'
import { problem } from '../errors.ts'
import type { Nudges } from '../nudges/nudges.ts'
import { assertMayDeliver } from '../users/rights.ts'
import type { Users } from '../users/users.ts'
import { readBody } from './body.ts'
import type { Caller, Env } from './env.ts'

export interface DeliverParts {
  readonly database: Pick<Database, 'write'>
  readonly delivery: Outbox
  readonly users: Pick<Users, 'get'>
  /** What companions start by themselves is bound by them. */
  readonly nudges: Pick<Nudges, 'take'>
  /** As core.yml says now. */
  readonly config: () => CoreConfig
}

/** `POST /api/plugins/deliver`: a companion speaks first, or the owner as one of them or as System. */
export function deliverRoutes({ database, delivery, users, nudges, config }: DeliverParts): Hono<Env> {
  return new Hono<Env>().post('/api/plugins/deliver', async (c) => {
    const { caller } = c.var
    const { dedupe_key, reason, ...wanted } = await readBody(c, deliverRequest)
    c.set('about', wanted.user_id)
    const companion = normalizeId(wanted.companion)
    assertMayDeliver(caller, companion, config())
    if (companion !== SYSTEM && !config().companions.some(({ id }) => id === companion))
      throw problem('companion_unknown', companion)
    const user_id = wanted.user_id === 'system' ? COMPANION_USER : wanted.user_id
    if (user_id !== COMPANION_USER && !users.get(user_id)) throw problem('not_found', `user "${user_id}"`)
    const key = dedupe_key || undefined
    const id = await database.write(() => {
      if (caller.kind === 'plugin') nudges.take({ user_id, companion, dedupe_key: key })
      return delivery.enqueue({
        user_id,
        partner: companion,
        text: wanted.text,
        format: wanted.format,
        source: { kind: 'plugin', id: nameOf(caller) },
        ...(reason && { reason }),
        ...(key && { dedupe_key: key }),
      })
    })
    return c.json<z.infer<typeof deliverResponse>>({ ok: true, id })
  })
}

const nameOf = (caller: Caller): string => (caller.kind === 'plugin' ? caller.plugin_id : caller.kind)
