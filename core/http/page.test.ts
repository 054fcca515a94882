import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Hono } from 'hono'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Problem, toDocument } from '../errors.ts'
import type { Env } from './env.ts'
import { pageRoutes } from './page.ts'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'page-'))
  mkdirSync(join(folder, 'dist', 'assets'), { recursive: true })
  writeFileSync(join(folder, 'dist', 'index.html'), '<!doctype html><title>page</title>')
  writeFileSync(join(folder, 'dist', 'favicon.svg'), '<svg/>')
  writeFileSync(join(folder, 'dist', 'manifest.webmanifest'), '{}')
  writeFileSync(join(folder, 'dist', 'sw.js'), 'let worker')
  writeFileSync(join(folder, 'dist', 'assets', 'index-abc.js'), 'let a')
  writeFileSync(join(folder, 'dist', 'assets', 'index-abc.js.gz'), 'zipped')
  writeFileSync(join(folder, 'dist', 'assets', 'index-abc.css'), 'a{}')
  writeFileSync(join(folder, 'dist', 'private.txt'), 'not a file of the page')
  writeFileSync(join(folder, 'secret.txt'), 'secret')
})
afterAll(() => rmSync(folder, { recursive: true }))

function app(dist = join(folder, 'dist')): Hono<Env> {
  const app = new Hono<Env>()
  app.route('/', pageRoutes({ dist }))
  app.get('/api/x', (c) => c.json({}))
  app.onError((error, c) => {
    if (!(error instanceof Problem)) throw error
    return c.json(toDocument(error), 404)
  })
  return app
}

describe('the page', () => {
  it.each([
    ['/', 'text/html; charset=utf-8', 'no-cache'],
    ['/favicon.svg', 'image/svg+xml; charset=utf-8', 'max-age=86400'],
    ['/manifest.webmanifest', 'application/manifest+json', 'max-age=86400'],
    ['/sw.js', 'text/javascript; charset=utf-8', 'no-cache'],
    ['/assets/index-abc.js', 'text/javascript; charset=utf-8', 'public, max-age=31536000, immutable'],
    ['/assets/index-abc.css', 'text/css; charset=utf-8', 'public, max-age=31536000, immutable'],
  ])('serves %s as %s, cached %s, under the strict policy', async (path, type, caching) => {
    const answer = await app().request(path)
    expect(answer.status).toBe(200)
    expect(answer.headers.get('content-type')).toBe(type)
    expect(answer.headers.get('cache-control')).toBe(caching)
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff')
    expect(answer.headers.get('referrer-policy')).toBe('no-referrer')
    expect(answer.headers.get('permissions-policy')).toContain('geolocation=(self)')
    const policy = answer.headers.get('content-security-policy')
    expect(policy).toMatch(/^default-src 'none'; script-src 'self'; style-src 'self';/)
    expect(policy).toMatch(/; require-trusted-types-for 'script'; trusted-types worker$/)
    expect(policy).not.toMatch(/unsafe|data:|\*/)
  })

  it('gives the compressed file to who takes it', async () => {
    const answer = await app().request('/assets/index-abc.js', { headers: { 'accept-encoding': 'gzip' } })
    expect(answer.headers.get('content-encoding')).toBe('gzip')
    expect(await answer.text()).toBe('zipped')
  })

  it.each([
    '/assets/gone.js',
    '/assets/../private.txt',
    '/assets/..%2fprivate.txt',
    '/assets/%2e%2e/%2e%2e/secret.txt',
    '/assets/..%5c..%5csecret.txt',
    '/assets//etc/passwd',
  ])('has no %s, and nobody keeps that answer', async (path) => {
    const answer = await app().request(path)
    expect(answer.status).toBe(404)
    expect(answer.headers.get('cache-control') ?? 'none').not.toMatch(/immutable/)
  })

  it('leaves every other path alone', async () => {
    expect((await app().request('/api/x')).headers.get('content-security-policy')).toBeNull()
    expect((await app().request('/private.txt')).status).toBe(404)
  })

  it('says how to build it when it is not built', async () => {
    const answer = await app(join(folder, 'nowhere')).request('/')
    expect(answer.status).toBe(503)
    expect(await answer.text()).toContain('npx vite build --config channels/webchat/vite.config.ts')
  })
})
