import { Hono } from 'hono'
import { stream } from 'hono/streaming'
import { type DataRemoved, MAX_ID } from '#contract'
import type { Belongings } from '../belongings/belongings.ts'
import { problem } from '../errors.ts'
import { assertMayChangeOf, assertMayReadOf } from '../users/rights.ts'
import type { Env } from './env.ts'

/** Everything of a person, to take along or to delete: `/api/users/{id}/data`, for that person and for the owner. */
export function dataRoutes(belongings: Belongings): Hono<Env> {
  return new Hono<Env>()
    .get('/api/users/:id/data', (c) => {
      const userId = idOf(c.req.param('id'))
      assertMayReadOf(c.get('caller'), userId)
      c.header('Content-Type', 'application/x-ndjson')
      c.header('Content-Disposition', 'attachment; filename="homeclaw.jsonl"')
      return stream(c, async (out) => {
        for await (const line of belongings.lines(userId)) {
          if (out.aborted) return
          await out.write(`${JSON.stringify(line)}\n`)
        }
      })
    })
    .delete('/api/users/:id/data', async (c) => {
      const userId = idOf(c.req.param('id'))
      assertMayChangeOf(c.get('caller'), userId)
      return c.json<DataRemoved>(await belongings.remove(userId, c.env.incoming.headers))
    })
}

function idOf(id: string): string {
  if (id.length > MAX_ID) throw problem('not_found', 'user with so long an id')
  return id
}
