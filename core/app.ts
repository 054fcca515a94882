import { Hono } from 'hono'
import { describeError, Problem, problem } from './errors.ts'
import type { Env } from './http/env.ts'
import { sameSite, withCaller } from './http/guard.ts'
import type { Keys } from './http/keys.ts'
import type { Log } from './log.ts'

export interface AppParts {
  readonly keys: Keys
  readonly allowedHosts: () => readonly string[]
  /** Why Core is not ready yet; empty when it is. */
  readonly notReady: () => readonly string[]
  /** Logs in and out: needs no key. */
  readonly session: Hono<Env>
  /** Groups of routes behind a key. */
  readonly routes: readonly Hono<Env>[]
  /** What needs no key: the page. */
  readonly page: Hono<Env>
  readonly log: Log
}

/** Core's HTTP side: who may come in, the groups of routes, and one place for everything that goes wrong. */
export function createApp({ keys, allowedHosts, notReady, session, routes, page, log }: AppParts): Hono<Env> {
  const app = new Hono<Env>()

  app.onError((error, c) => {
    const document = describeError(error, log)
    c.header('Content-Type', 'application/problem+json')
    if (error instanceof Problem && error.retryAfter !== undefined)
      c.header('Retry-After', String(error.retryAfter))
    if (document.status === 401) c.header('WWW-Authenticate', 'Bearer')
    return c.body(JSON.stringify(document), document.status as 400)
  })
  app.notFound((c) => {
    throw problem('not_found', `${c.req.method} ${c.req.path}`)
  })

  app.use(sameSite(allowedHosts))
  app.get('/health', (c) => c.json({ status: 'ok' }))
  app.get('/ready', (c) => {
    const reasons = notReady()
    return reasons.length === 0 ? c.json({ status: 'ok' }) : c.json({ status: 'initializing', reasons }, 503)
  })
  app.route('/api/session', session)

  for (const path of ['/api/*', '/inbound/*']) app.use(path, withCaller(keys))
  for (const group of routes) app.route('/', group)
  app.route('/', page)
  return app
}
