import type { IncomingHttpHeaders } from 'node:http'
import type { MiddlewareHandler } from 'hono'
import { problem } from '../errors.ts'
import type { Env } from './env.ts'
import type { Keys } from './keys.ts'

const LOCAL = new Set(['localhost', '127.0.0.1', '[::1]'])

/**
 * Refuses what a foreign page could send (DNS rebinding, CSRF): the Host must be one of ours, and an Origin, when there
 * is one, must be the same host.
 * @throws Problem `host_refused`, `origin_refused`
 */
export function assertSameSite(headers: IncomingHttpHeaders, allowedHosts: readonly string[]): void {
  const host = headers.host ?? ''
  const name = host.replace(/:\d+$/, '').toLowerCase()
  if (!LOCAL.has(name) && !allowedHosts.some((allowed) => allowed.toLowerCase() === name))
    throw problem('host_refused', name)
  const { origin } = headers
  if (origin !== undefined && origin !== `http://${host}` && origin !== `https://${host}`)
    throw problem('origin_refused', origin)
}

/** Same site for every request; headers that hold for all answers. */
export const sameSite =
  (allowedHosts: () => readonly string[]): MiddlewareHandler<Env> =>
  async (c, next) => {
    assertSameSite(c.env.incoming.headers, allowedHosts())
    c.env.outgoing.setHeader('X-Content-Type-Options', 'nosniff')
    await next()
  }

/** Sets `caller`. @throws Problem `key_missing` */
export const withCaller =
  (keys: Keys): MiddlewareHandler<Env> =>
  async (c, next) => {
    const caller = keys.callerOf(c.env.incoming.headers)
    if (!caller) throw problem('key_missing')
    c.set('caller', caller)
    c.env.outgoing.setHeader('Cache-Control', 'no-store')
    await next()
  }
