import { Hono } from 'hono'
import { z } from 'zod'
import { type AuditEntry, normalizeId } from '#contract'
import { Problem } from '../errors.ts'
import type { Audit } from '../plugins/audit.ts'
import { assertOwner } from '../users/rights.ts'
import { check } from './body.ts'
import type { Env } from './env.ts'

export const page = z.object({ limit: z.coerce.number().int().min(1).max(1_000).default(100) })

/**
 * Writes down what plugins ask of Core and are refused, and shows it to the owner. Must stand before the routes that
 * it watches.
 */
export function auditRoutes(audit: Audit): Hono<Env> {
  const routes = new Hono<Env>()

  for (const path of ['/api/*', '/inbound/*'])
    routes.use(path, async (c, next) => {
      await next()
      const caller = c.get('caller')
      if (caller.kind !== 'plugin') return
      const outcome = outcomeOf(c.error)
      if (outcome === 'done' && c.req.method === 'GET') return
      audit.record({
        plugin_id: caller.plugin_id,
        action: `${c.req.method} ${c.req.path}`,
        about: c.get('about'),
        outcome,
        detail: c.error instanceof Problem ? c.error.message : undefined,
      })
    })

  routes.get('/api/plugins/:id/audit', async (c) => {
    assertOwner(c.get('caller'))
    const { limit } = check(c.req.query(), page, 'body_invalid')
    return c.json({ entries: await audit.of(normalizeId(c.req.param('id')), limit) })
  })

  return routes
}

function outcomeOf(error: Error | undefined): AuditEntry['outcome'] {
  if (!error) return 'done'
  return error instanceof Problem && error.status === 403 ? 'refused' : 'failed'
}
