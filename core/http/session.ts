import { Hono } from 'hono'
import { setCookie } from 'hono/cookie'
import { z } from 'zod'
import { problem } from '../errors.ts'
import { readBody } from './body.ts'
import type { Env } from './env.ts'
import { type Keys, SESSION_SECONDS, sessionCookieOf } from './keys.ts'

export const login = z.object({ key: z.string().min(1).max(500) })

/** Logs the owner's browser in and out: `POST`, `GET`, `DELETE /api/session`. */
export function sessionRoutes(keys: Keys): Hono<Env> {
  const routes = new Hono<Env>()

  routes.post('/', async (c) => {
    const { key } = await readBody(c, login)
    if (!keys.isOwnerKey(key)) throw problem('key_missing')
    setCookie(c, sessionCookieOf(c.env.incoming.headers), await keys.openSession(), {
      httpOnly: true,
      sameSite: 'Strict',
      path: '/',
      maxAge: SESSION_SECONDS,
    })
    return c.json({ ok: true })
  })

  routes.get('/', (c) => {
    const caller = keys.callerOf(c.env.incoming.headers)
    if (!caller) throw problem('key_missing')
    return c.json({ caller: caller.kind })
  })

  routes.delete('/', async (c) => {
    await keys.closeSession(c.env.incoming.headers)
    setCookie(c, sessionCookieOf(c.env.incoming.headers), '', {
      httpOnly: true,
      sameSite: 'Strict',
      path: '/',
      maxAge: 0,
    })
    return c.json({ ok: true })
  })

  return routes
}
