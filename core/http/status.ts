import { Hono } from 'hono'
import type { StatusReport } from '#contract'
import { problem } from '../errors.ts'
import type { Env } from './env.ts'

/** `GET /api/status`: what Core has to answer with. For people; plugins have no use for it. */
export const statusRoutes = (report: () => StatusReport): Hono<Env> =>
  new Hono<Env>().get('/api/status', (c) => {
    const { kind } = c.get('caller')
    if (kind !== 'owner' && kind !== 'user') throw problem('not_allowed', `A ${kind} may not read the status`)
    return c.json(report())
  })
