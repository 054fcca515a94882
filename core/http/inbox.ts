import { Hono } from 'hono'
import { streamSSE } from 'hono/streaming'
import { z } from 'zod'
import { COMPANION_USER, inboxAck, MAX_ID } from '#contract'
import type { Inbox } from '../delivery/delivery.ts'
import { problem } from '../errors.ts'
import { assertMayReadOf, assertOwner, mayRead } from '../users/rights.ts'
import { check, readBody } from './body.ts'
import type { Env } from './env.ts'

/** Keeps proxies from closing a stream that has nothing to say, in ms. */
const HEARTBEAT = 15_000

const whose = z.object({
  user_id: z
    .string()
    .max(MAX_ID)
    .default(COMPANION_USER)
    .transform((id) => (id === '' || id === 'system' ? COMPANION_USER : id)),
})
const after = z.string().max(MAX_ID).optional()
export const page = whose.extend({ after, limit: z.coerce.number().int().min(1).max(500).default(100) })
export const events = whose.extend({ after })
export const list = z.object({
  user_id: z.string().max(MAX_ID).optional(),
  limit: z.coerce.number().int().min(1).max(1_000).default(100),
})

/** What people have not seen yet: read, followed and acknowledged; and, for the owner, what became of it. */
export function inboxRoutes(inbox: Inbox): Hono<Env> {
  return new Hono<Env>()
    .get('/api/inbox', (c) => {
      const { user_id, ...wanted } = check(c.req.query(), page, 'body_invalid')
      assertMayReadOf(c.var.caller, user_id)
      return c.json(inbox.inbox(user_id, wanted))
    })
    .post('/api/inbox/ack', async (c) => {
      const { ids } = await readBody(c, inboxAck)
      const acknowledged = await inbox.acknowledge(ids, (userId) => mayRead(c.var.caller, userId))
      return c.json({ ok: true, acknowledged })
    })
    .get('/api/events', (c) => {
      const query = { after: c.req.header('last-event-id'), ...c.req.query() }
      const { user_id, after } = check(query, events, 'body_invalid')
      assertMayReadOf(c.var.caller, user_id)
      return streamSSE(c, async (sse) => {
        const heartbeat = setInterval(() => void sse.write(': waiting\n\n'), HEARTBEAT)
        await sse.writeSSE({
          event: 'registered',
          data: JSON.stringify({ event: 'registered', user_id, unread: inbox.unread(user_id) }),
        })
        const push = (message: { id: string }): void =>
          void sse.writeSSE({
            id: message.id,
            event: 'push',
            data: JSON.stringify({ event: 'push', ...message }),
          })
        const leave = inbox.connect(user_id, { push }, after)
        await new Promise<void>((gone) => sse.onAbort(gone))
        clearInterval(heartbeat)
        leave()
      })
    })
    .get('/api/deliveries', (c) => {
      const { user_id, limit } = check(c.req.query(), list, 'body_invalid')
      if (user_id === undefined) assertOwner(c.var.caller)
      else assertMayReadOf(c.var.caller, user_id)
      return c.json({ deliveries: inbox.list(user_id, limit) })
    })
    .post('/api/deliveries/:id/resend', async (c) => {
      const id = c.req.param('id')
      const found = await inbox.resend(id, (userId) => mayRead(c.var.caller, userId))
      if (!found)
        throw problem('not_found', `delivery "${id}" that was given up or is not known to have arrived`)
      return c.json({ ok: true, id })
    })
}
