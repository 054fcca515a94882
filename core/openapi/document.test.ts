import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { startCore } from '../testing/core.ts'
import { startTestPlugin } from '../testing/plugin.ts'
import { openApiDocument } from './document.ts'

const schema = z.union([z.boolean(), z.record(z.string(), z.unknown())])
const content = z.record(
  z.string().regex(/^[a-z]+\/[a-z+-]+$/),
  z.strictObject({ schema: z.strictObject({ $ref: z.string() }).optional() }),
)
const operation = z.strictObject({
  tags: z.array(z.string()).length(1).optional(),
  operationId: z.string().regex(/^[a-z][A-Za-z]+$/),
  summary: z.string().min(1),
  security: z.array(z.never()).optional(),
  parameters: z
    .array(
      z.strictObject({
        name: z.string().min(1),
        in: z.enum(['path', 'query']),
        required: z.boolean(),
        description: z.string().optional(),
        schema,
      }),
    )
    .optional(),
  requestBody: z.strictObject({ required: z.literal(true), content }).optional(),
  responses: z.record(
    z.string().regex(/^(2\d\d|default)$/),
    z.strictObject({ description: z.string().min(1), content }),
  ),
})
const item = z.partialRecord(z.enum(['get', 'post', 'patch', 'put', 'delete']), operation)
/** What we use of OpenAPI 3.1, strictly. */
const openApi = z.strictObject({
  openapi: z.literal('3.1.0'),
  info: z.strictObject({
    title: z.string(),
    version: z.string(),
    summary: z.string(),
    description: z.string(),
  }),
  servers: z.array(z.strictObject({ url: z.url() })),
  tags: z.array(z.strictObject({ name: z.string() })),
  security: z.array(z.record(z.string(), z.array(z.string()))),
  paths: z.record(z.string().startsWith('/'), item),
  webhooks: z.record(z.string(), item),
  components: z.strictObject({
    securitySchemes: z.record(z.string(), z.looseObject({ type: z.enum(['apiKey', 'http']) })),
    schemas: z.record(z.string().regex(/^[\w.-]+$/), schema),
  }),
})

const document = openApi.parse(JSON.parse(JSON.stringify(openApiDocument())))
const operations = Object.entries({ ...document.paths, ...document.webhooks }).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, one]) => ({ path, method, one })),
)

/** A schema of the document as a checker. */
function checker(ref: string): z.ZodType {
  const text = JSON.stringify({ ...document.components.schemas, $ref: undefined })
  const $defs = JSON.parse(text.replaceAll('#/components/schemas/', '#/$defs/'))
  return z.fromJSONSchema({ $defs, $ref: ref.replace('#/components/schemas/', '#/$defs/') })
}

describe('the OpenAPI document', () => {
  test('has every reference, every operation once, and every parameter of a path', () => {
    const refs = new Set(
      Array.from(JSON.stringify(document).matchAll(/"\$ref":"([^"]+)"/g), ([, ref = '']) => ref),
    )
    for (const ref of refs) expect(document.components.schemas).toHaveProperty(ref.split('/').at(-1) ?? '')
    const ids = operations.map(({ one }) => one.operationId)
    expect(new Set(ids).size).toBe(ids.length)
    for (const { path, one } of operations) {
      const declared = (one.parameters ?? []).filter((parameter) => parameter.in === 'path')
      expect(declared.map(({ name }) => `{${name}}`)).toEqual(path.match(/\{\w+\}/g) ?? [])
    }
  })

  test('has schemas that can be checked with', () => {
    for (const name of Object.keys(document.components.schemas))
      expect(() => checker(`#/components/schemas/${name}`)).not.toThrow()
  })

  test('has the routes that are in the code, and no others', () => {
    const http = join(import.meta.dirname, '../http')
    const routes = readdirSync(http)
      .filter((name) => name.endsWith('.ts') && !/\.test\.ts$|^(page|session)\.ts$/.test(name))
      .flatMap((name) =>
        Array.from(
          readFileSync(join(http, name), 'utf8').matchAll(/\.(get|post|patch|put|delete)\(\s*'(\/[^']+)'/g),
          ([, method, path = '']) => `${method} ${path.replaceAll(/:(\w+)/g, '{$1}')}`,
        ),
      )
    const others = [
      'get /health',
      'get /ready',
      'post /api/session',
      'get /api/session',
      'delete /api/session',
    ]
    const described = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method} ${path}`),
    )
    expect(described.sort()).toEqual([...routes, ...others].sort())
  })
})

test('a real Core serves it, and answers as it says', async () => {
  await using core = await startCore({
    coreYml: 'model: none\ncompanions: [{ id: friend, plugin_id: test }]\nplugins: { test: {} }',
    userYml: 'users: [{ id: alice, name: Alice }]',
  })
  const plugin = await startTestPlugin()
  const served = await core.get('/api/openapi.json')
  expect(openApi.parse(served.body)).toEqual(document)

  async function keeps(method: string, path: string, body?: object): Promise<void> {
    const { status, body: answer } = await core.send(method, path, body)
    const [plain = ''] = path.split('?')
    const one = operations.find(
      (other) =>
        other.method === method.toLowerCase() &&
        new RegExp(`^${other.path.replaceAll(/\{\w+\}/g, '[^/]+')}$`).test(plain),
    )?.one
    const type = status < 300 ? 'application/json' : 'application/problem+json'
    const ref = one?.responses[status < 300 ? String(status) : 'default']?.content[type]?.schema?.$ref ?? ''
    expect([path, checker(ref).safeParse(answer).error]).toEqual([path, undefined])
  }

  await keeps('POST', '/api/plugins/register', plugin.registration('test', { ui: { dashboard: 'http://x' } }))
  await keeps('POST', '/inbound', { text: 'My dog is Rex', user_id: 'alice' })
  await keeps('POST', '/inbound', { text: 'hi', session_id: 'friend' })
  await keeps('POST', '/inbound', { text: '' })
  await keeps('POST', '/api/tokens', { kind: 'user', for: 'alice' })
  await keeps('POST', '/api/jobs', { user_id: 'alice', kind: 'message', text: 'x', at: '2099-01-01T00:00' })
  await keeps('POST', '/api/plugins/llm/generate', { messages: [{ role: 'user', content: 'hi' }] })
  await keeps('POST', '/api/plugins/memory/search', { user_id: 'alice', query: 'dog' })
  for (const path of [
    '/health',
    '/ready',
    '/api/session',
    '/api/plugins',
    '/api/plugins/health/test',
    '/api/plugins/health/nobody',
    '/api/plugins/test/audit',
    '/api/plugins/test/logs',
    '/api/companions',
    '/api/config/users',
    '/api/tokens',
    '/api/chats?user_id=alice',
    '/api/chats/system/messages?user_id=alice',
    '/api/chats/search?user_id=alice&q=dog',
    '/api/memories?user_id=alice',
    '/api/jobs?user_id=alice',
  ])
    await keeps('GET', path)
  await plugin.close()
})
