import { Hono } from 'hono'
import { pushChatChange, pushEnd, pushSubscription, pushWhose } from '#contract'
import { problem } from '../errors.ts'
import type { PushDevices } from '../delivery/push/push.ts'
import { assertMayChangeOf, assertMayReadOf } from '../users/rights.ts'
import { check, readBody } from './body.ts'
import type { Env } from './env.ts'

/** Devices that are notified: `/api/push`. For the owner, and for each person about their own. */
export function pushRoutes(devices: PushDevices): Hono<Env> {
  return new Hono<Env>()
    .get('/api/push/key', (c) => c.json({ public_key: devices.publicKey }))
    .get('/api/push/chats', (c) => {
      const { user_id } = check(c.req.query(), pushWhose, 'body_invalid')
      assertMayReadOf(c.var.caller, user_id)
      return c.json({ muted: devices.muted(user_id) })
    })
    .patch('/api/push/chats', async (c) => {
      const { user_id } = check(c.req.query(), pushWhose, 'body_invalid')
      assertMayChangeOf(c.var.caller, user_id)
      const { partner, muted } = await readBody(c, pushChatChange)
      await devices.mute(user_id, partner, muted)
      return c.json({ muted: devices.muted(user_id) })
    })
    .post('/api/push/subscriptions', async (c) => {
      const device = await readBody(c, pushSubscription)
      assertMayChangeOf(c.var.caller, device.user_id)
      const fault = devices.faultOf(device.endpoint)
      if (fault) throw problem('not_allowed', `The address of a device ${fault}`)
      await devices.subscribe(device)
      return c.json({ ok: true })
    })
    .delete('/api/push/subscriptions', async (c) => {
      const { user_id, endpoint } = await readBody(c, pushEnd)
      assertMayChangeOf(c.var.caller, user_id)
      return c.json({ removed: await devices.unsubscribe(user_id, endpoint) })
    })
}
