/** docs/protocol.md names every route of Core. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const root = join(import.meta.dirname, '../..')
const http = join(root, 'core/http')

/** As they are written in the code of the routes: `.get('/api/chats', …)`. */
const routes = readdirSync(http)
  .filter((name) => name.endsWith('.ts') && !/\.test\.ts$|^page\.ts$/.test(name))
  .flatMap((name) => [
    ...readFileSync(join(http, name), 'utf8').matchAll(/\.(get|post|patch|put|delete)\('(\/[^']+)'/g),
  ])
  .map(([, method = '', path = '']) => `${method.toUpperCase()} ${path.replaceAll(/:(\w+)/g, '{$1}')}`)

test('the routes are found in the code', () => expect(routes.length).toBeGreaterThan(15))

test.each([...routes, 'GET /ws', 'GET /health', 'GET /ready', 'POST /api/session'])('%s', (route) => {
  expect(readFileSync(join(root, 'docs/protocol.md'), 'utf8')).toMatch(
    new RegExp(`\`${route.replaceAll(/[{}]/g, '\\$&')}[?\`]`),
  )
})
