import { z } from 'zod'
import * as contract from '#contract'
import { openApiDocument } from '../../core/openapi/document.ts'
import { fieldsOf, type Schema, table, typeName } from './fields.ts'

const content = z.record(z.string(), z.object({ schema: z.object({ $ref: z.string() }).optional() }))
const operation = z.object({
  tags: z.array(z.string()),
  summary: z.string(),
  parameters: z.array(z.object({ name: z.string(), in: z.string() })).default([]),
  requestBody: z.object({ content }).optional(),
  responses: z.record(z.string(), z.object({ content })),
})
const api = z.object({
  tags: z.array(z.object({ name: z.string() })),
  paths: z.record(z.string(), z.record(z.string(), operation)),
  components: z.object({ schemas: z.record(z.string(), z.unknown()) }),
})
type Operation = z.infer<typeof operation>

/** Every route of the OpenAPI document, a table for each of its tags. */
export function routeTables(): string {
  const text = JSON.stringify(openApiDocument()).replaceAll('#/components/schemas/', '')
  const { tags, paths, components } = api.parse(JSON.parse(text))
  const schemas = components.schemas as Record<string, Schema>
  const all = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, one]) => ({ route: `${method.toUpperCase()} ${path}`, one })),
  )
  return tags
    .map(({ name }) => {
      const rows = all
        .filter(({ one }) => one.tags.includes(name))
        .map(({ route, one }) => [`\`${route}\``, one.summary, ...takesAndGives(one, schemas)])
      return `### ${name}\n\n${table(['route', 'what it does', 'takes', 'gives'], rows)}`
    })
    .join('\n\n')
}

function takesAndGives({ parameters, requestBody, responses }: Operation, schemas: Record<string, Schema>) {
  const query = parameters.filter((one) => one.in === 'query').map(({ name }) => `\`?${name}=\``)
  const body = refsOf(requestBody?.content).map((ref) => shortly(ref, schemas))
  const answers = Object.entries(responses).filter(([status]) => status !== 'default')
  const gives = answers.flatMap(([status, { content }]) =>
    refsOf(content).map((ref) => [status === '200' ? '' : status, shortly(ref, schemas)].join(' ').trim()),
  )
  return [[...query, ...body].join(' '), gives.join('; or events: ')]
}

const refsOf = (of: z.infer<typeof content> = {}): string[] =>
  Object.values(of).map(({ schema }) => schema?.$ref ?? '')

/** A type of the contract by its name, any other by its fields. */
function shortly(name: string, schemas: Record<string, Schema>): string {
  if (name === '') return 'a file'
  if (Object.hasOwn(contract, name)) return typeName({ $ref: name })
  const fields = fieldsOf(schemas[name] ?? {}).filter(({ path }) => !/[.\]]./.test(path))
  return fields.map(({ path, schema }) => `\`${path}\`: ${typeName(schema)}`).join(', ') || 'map'
}
