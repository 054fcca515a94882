import { z } from 'zod'
import * as contract from '#contract'
import { delivery } from './delivery.ts'
import { keeping } from './keeping.ts'
import { people } from './people.ts'
import { plugins } from './plugins.ts'
import type { Route } from './route.ts'

/** The version of the contract, not of the program. */
const VERSION = '1'
/** The end of the names of queries; their fields become parameters. */
const QUERY = 'Query'

type Json = Readonly<Record<string, unknown>>

const groups: Readonly<Record<string, readonly Route[]>> = {
  'People and chats': people,
  'Messages that nobody waits for': delivery,
  'Memories and jobs': keeping,
  Plugins: plugins,
  'About Core': [
    {
      route: 'GET /api/openapi.json',
      about: 'This document',
      answer: z.record(z.string(), z.unknown()),
    },
  ],
}

/** What Core asks of plugins and bridges, at their own addresses. */
const outside: Readonly<Record<string, Route>> = {
  run: {
    route: 'POST base_url + path',
    about: 'Core has a plugin answer. The header Authorization carries the token of the plugin',
    body: contract.pluginRequest,
    answer: contract.pluginResult,
    events: contract.pluginStreamEvent,
  },
  health: {
    route: 'GET health_check_url',
    about: '2xx while the plugin can answer',
    answer: z.unknown(),
    open: true,
  },
  callback: {
    route: 'POST callback_url',
    about: 'Core hands a message to a bridge, signed as Standard Webhooks say; 2xx takes it',
    body: contract.bridgeMessage,
    answer: z.unknown(),
  },
}

/** The OpenAPI 3.1 document of all routes, made of the schemas that Core itself checks with. */
export function openApiDocument(): Json {
  const all = Object.entries(groups).flatMap(([tag, routes]) => routes.map((one) => ({ tag, one })))
  const { schemas, ref } = componentsOf([...all.map(({ one }) => one), ...Object.values(outside)])
  const paths: Record<string, Record<string, Json>> = {}
  for (const { tag, one } of all) {
    const [method = '', path = ''] = one.route.split(' ')
    paths[path] = { ...paths[path], [method.toLowerCase()]: { tags: [tag], ...operationOf(one, ref) } }
  }
  const webhooks = Object.entries(outside).map(([name, one]) => [
    name,
    { [one.route.split(' ')[0]?.toLowerCase() ?? '']: operationOf(one, ref, name) },
  ])
  return {
    openapi: '3.1.0',
    info: {
      title: 'HomeClaw Core',
      version: VERSION,
      summary: 'What goes over the wire between Core, plugins, channels and pages',
      description:
        'Needs a key: the owner key, or a token that the owner gave to a plugin, a user or a channel. Every error is a problem document (RFC 9457). Messages and pushes also go over a WebSocket at /ws.',
    },
    servers: [{ url: 'http://127.0.0.1:9000' }],
    tags: Object.keys(groups).map((name) => ({ name })),
    security: [{ key: [] }, { bearer: [] }, { session: [] }],
    paths,
    webhooks: Object.fromEntries(webhooks),
    components: {
      securitySchemes: {
        key: { type: 'apiKey', in: 'header', name: 'X-API-Key' },
        bearer: { type: 'http', scheme: 'bearer' },
        session: {
          type: 'apiKey',
          in: 'cookie',
          name: 'homeclaw_session_9000',
          description: 'Of the page; the number is the port',
        },
      },
      schemas: Object.fromEntries(Object.entries(schemas).filter(([name]) => !name.endsWith(QUERY))),
    },
  }
}

/** Every type of the contract by its name, and what stands in routes alone by the name of the route. */
function componentsOf(all: readonly Route[]) {
  const registry = z.registry<{ id: string }>()
  for (const [id, type] of Object.entries(contract)) if (type instanceof z.ZodType) registry.add(type, { id })
  for (const one of all) {
    for (const [role, type] of [
      ['Body', one.body],
      ['Answer', one.answer],
      ['Accepted', one.accepted],
      [QUERY, one.query],
    ] as const)
      if (type && !registry.has(type)) registry.add(type, { id: nameOf(one.route) + role })
  }
  const made = z.toJSONSchema(registry, {
    io: 'input',
    unrepresentable: 'any',
    uri,
    override: shorten,
  }).schemas
  const schemas = Object.fromEntries(
    Object.entries(made).map(([id, schema]): [string, Json] => [id, Object.fromEntries(wordsOf(schema))]),
  )
  const ref = (type: z.ZodType): { $ref: string; schema: Json } => {
    const id = registry.get(type)?.id ?? ''
    return { $ref: uri(id), schema: schemas[id] ?? {} }
  }
  return { schemas, ref }
}

const uri = (id: string): string => `#/components/schemas/${id}`

/** Without what only a schema in a file of its own has. */
const wordsOf = (schema: object): [string, unknown][] =>
  Object.entries(schema).filter(([word]) => word !== '$schema' && word !== '$id')

/** A format says it in one word; the pattern of a date takes five lines. */
function shorten({ jsonSchema }: { jsonSchema: z.core.JSONSchema.BaseSchema }): void {
  if (jsonSchema.format !== undefined) delete jsonSchema.pattern
}

type Ref = ReturnType<typeof componentsOf>['ref']

function operationOf(one: Route, ref: Ref, name = nameOf(one.route)): Json {
  const { about, body, bytes, answer, accepted, events, lines, file, status = 200, open } = one
  const type = (wanted: z.ZodType): Json => ({ schema: { $ref: ref(wanted).$ref } })
  const parameters = [...inPath(one.route), ...(one.query ? inQuery(ref(one.query).schema) : [])]
  return {
    operationId: name,
    summary: about,
    ...(open && { security: [] }),
    ...(parameters.length > 0 && { parameters }),
    ...(body && {
      requestBody: {
        required: true,
        content: { [bytes ? 'application/octet-stream' : format(lines === true)]: type(body) },
      },
    }),
    responses: {
      [status]: {
        description: 'Done',
        content: {
          ...(answer && { [format(lines === true && body === undefined)]: type(answer) }),
          ...(file && { 'application/octet-stream': {} }),
          ...(events && { 'text/event-stream': type(events) }),
        },
      },
      ...(accepted && {
        202: { description: 'Accepted', content: { 'application/json': type(accepted) } },
      }),
      default: {
        description: 'What went wrong',
        content: { 'application/problem+json': type(contract.problemDocument) },
      },
    },
  }
}

const format = (isLines: boolean): string => (isLines ? 'application/x-ndjson' : 'application/json')

const inPath = (route: string): Json[] =>
  Array.from(route.matchAll(/\{(\w+)\}/g), ([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }))

const querySchema = z.object({
  properties: z.record(z.string(), z.record(z.string(), z.unknown())).default({}),
  required: z.array(z.string()).default([]),
})

function inQuery(schema: Json): Json[] {
  const { properties, required } = querySchema.parse(schema)
  return Object.entries(properties).map(([name, { description, ...type }]) => ({
    name,
    in: 'query',
    required: required.includes(name),
    ...(typeof description === 'string' && { description }),
    schema: type,
  }))
}

/** `POST /api/plugins/{id}/restart` → `postPluginsIdRestart` */
const nameOf = (route: string): string =>
  route
    .toLowerCase()
    .replace(' /api/', ' ')
    .split(/[^a-z]+/)
    .filter(Boolean)
    .map((word, at) => (at === 0 ? word : word.slice(0, 1).toUpperCase() + word.slice(1)))
    .join('')
