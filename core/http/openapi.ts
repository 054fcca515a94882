import { Hono } from 'hono'
import { openApiDocument } from '../openapi/document.ts'
import type { Env } from './env.ts'

/** `GET /api/openapi.json`: made at the first request. */
export function openApiRoutes(): Hono<Env> {
  let document: string | undefined
  return new Hono<Env>().get('/api/openapi.json', (c) => {
    document ??= JSON.stringify(openApiDocument())
    return c.body(document, 200, { 'Content-Type': 'application/json' })
  })
}
