import { Hono } from 'hono'
import { channelCallback, MAX_ID } from '#contract'
import type { Channels } from '../delivery/delivery.ts'
import { problem } from '../errors.ts'
import type { Outbound } from '../outbound.ts'
import { assertOwner } from '../users/rights.ts'
import { readBody } from './body.ts'
import type { Caller, Env } from './env.ts'

/** Where bridges take messages: `/api/channels`. For the owner, and for a bridge with the token of its channel. */
export function channelRoutes(channels: Channels, { faultOf }: Outbound): Hono<Env> {
  return new Hono<Env>()
    .get('/api/channels', (c) => {
      assertOwner(c.var.caller)
      return c.json({ channels: channels.list() })
    })
    .post('/api/channels/:name', async (c) => {
      const channel = nameFor(c.var.caller, c.req.param('name'))
      const { callback_url, secret, idempotent } = await readBody(c, channelCallback)
      const fault = faultOf(callback_url)
      if (fault) throw problem('not_allowed', `The address of a bridge ${fault}`)
      return c.json(
        await channels.register({ channel, callback_url, idempotent, secret: secret ?? undefined }),
      )
    })
    .delete('/api/channels/:name', async (c) => {
      const channel = nameFor(c.var.caller, c.req.param('name'))
      return c.json({ removed: await channels.remove(channel), channel })
    })
}

/** @throws Problem `not_allowed`, `not_found` */
function nameFor(caller: Caller, name: string): string {
  if (caller.kind !== 'owner' && !(caller.kind === 'channel' && caller.channel === name))
    throw problem(
      'not_allowed',
      `Only the owner and the bridge itself may set where the channel "${name}" is`,
    )
  if (name.trim() !== name || name.length > MAX_ID)
    throw problem('not_found', `channel "${name.slice(0, MAX_ID)}"`)
  return name
}
