import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { serveStatic } from '@hono/node-server/serve-static'
import { Hono, type MiddlewareHandler } from 'hono'
import { problem } from '../errors.ts'
import type { Env } from './env.ts'

/**
 * What the page may do: run and show its own files, talk to this Core (the WebSocket of the same origin included),
 * show pictures it holds itself, keep itself on the device. No inline code, no strings as HTML, no picture from elsewhere, no frame around it.
 */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' blob:",
  "connect-src 'self'",
  "font-src 'self'",
  "manifest-src 'self'",
  "worker-src 'self'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  'trusted-types worker',
].join('; ')

const NOT_BUILT = `The page is not built yet.

"npm start" builds it before it starts Core. To build it alone:

  npx vite build --config channels/webchat/vite.config.ts

Then start Core again.
`

/**
 * The web page: `/`, its icons, what makes it an app, and its files under `/assets/`, whose names carry a hash of their content.
 * Nothing outside of `dist` is ever read. Without a build, `/` says how to make one.
 * @param dist absolute path of the built page
 */
export function pageRoutes({ dist }: { dist: string }): Hono<Env> {
  const routes = new Hono<Env>()
  if (!existsSync(join(dist, 'index.html'))) {
    return routes.get('/', withHeaders('no-store'), (c) => c.text(NOT_BUILT, 503))
  }
  const files = serveStatic<Env>({
    root: dist,
    precompressed: true,
    onNotFound: (_path, c) => c.header('Cache-Control', 'no-store'),
  })
  routes.get('/', withHeaders('no-cache'), files, missing)
  for (const file of ['/favicon.svg', '/manifest.webmanifest', '/icons/*'])
    routes.get(file, withHeaders('max-age=86400'), files, missing)
  routes.get('/sw.js', withHeaders('no-cache'), files, missing)
  routes.get('/assets/*', withHeaders('public, max-age=31536000, immutable'), files, missing)
  return routes
}

const missing: MiddlewareHandler<Env> = async (c) => {
  throw problem('not_found', `file "${c.req.path}"`)
}

/** Set before the file is looked up: a header set after `next()` costs more than the whole answer. */
function withHeaders(caching: string): MiddlewareHandler<Env> {
  return async (c, next) => {
    c.header('Content-Security-Policy', CONTENT_SECURITY_POLICY)
    c.header('X-Content-Type-Options', 'nosniff')
    c.header('Referrer-Policy', 'no-referrer')
    c.header('Permissions-Policy', 'geolocation=(self), camera=(), microphone=(), payment=(), usb=()')
    c.header('Cross-Origin-Resource-Policy', 'same-origin')
    c.header('Cache-Control', caching)
    await next()
  }
}
