import { z } from 'zod'

/** A JSON Schema as zod writes it; only what the pages need. */
export interface Schema {
  readonly type?: string | readonly string[]
  /** The name of another type of the contract. */
  readonly $ref?: string
  readonly description?: string
  readonly default?: unknown
  readonly const?: unknown
  readonly enum?: readonly unknown[]
  readonly allOf?: readonly Schema[]
  readonly anyOf?: readonly Schema[]
  readonly oneOf?: readonly Schema[]
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  readonly items?: Schema
  readonly additionalProperties?: Schema | boolean
}

/** One row of a table. */
export interface Field {
  readonly path: string
  readonly schema: Schema
  readonly needed: boolean
}

/** What may be sent, as JSON Schema (draft 7, which editors know). */
export const schemaOf = (type: z.ZodType): Schema =>
  z.toJSONSchema(type, { target: 'draft-7', io: 'input', unrepresentable: 'any' }) as Schema

/** Types that are used in others, each by its name where it is used. */
export function schemasOf(types: ReadonlyMap<string, z.ZodType>): Readonly<Record<string, Schema>> {
  const registry = z.registry<{ id: string }>()
  for (const [id, type] of types) registry.add(type, { id })
  return z.toJSONSchema(registry, { target: 'draft-7', io: 'input', unrepresentable: 'any', uri: sameName })
    .schemas as Record<string, Schema>
}

const sameName = (name: string): string => name

/** Every field of an object, those inside of others behind a dot: `companions[].id`, `plugins.<id>.start`. */
export function fieldsOf(schema: Schema, above = '', leavesOnly = false): Field[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, property]) => {
    const path = above ? `${above}.${name}` : name
    const inside = insideOf(property).flatMap(([suffix, inner]) => fieldsOf(inner, path + suffix, leavesOnly))
    const row = { path, schema: property, needed: schema.required?.includes(name) ?? false }
    return leavesOnly && inside.length > 0 && !property.description ? inside : [row, ...inside]
  })
}

/** The objects in a field: itself, the entries of a list or map, or one of several forms. */
function insideOf(schema: Schema): [suffix: string, inner: Schema][] {
  if (schema.properties) return [['', schema]]
  if (schema.items) return insideOf(schema.items).map(([suffix, inner]) => [`[]${suffix}`, inner])
  if (typeof schema.additionalProperties === 'object') {
    return insideOf(schema.additionalProperties).map(([suffix, inner]) => [`.<id>${suffix}`, inner])
  }
  const objects = variantsOf(schema).filter(({ properties }) => properties)
  return objects.length === 1 ? objects.flatMap(insideOf) : []
}

/** The forms a value may have; `null` and an empty text are only other ways to leave it out. */
export const variantsOf = ({ allOf, anyOf, oneOf }: Schema): Schema[] =>
  (allOf ?? anyOf ?? oneOf ?? []).filter(({ type, const: value }) => type !== 'null' && value !== '')

/** `list of text`, `"a" or "b"`, `map of text`. */
export function typeName(schema: Schema): string {
  if (schema.$ref) return `[${schema.$ref}](#${schema.$ref.toLowerCase()})`
  if (schema.const !== undefined) return code(schema.const)
  if (schema.enum) return schema.enum.map(code).join(', ')
  const variants = variantsOf(schema)
  if (variants.length > 0) return [...new Set(variants.map(typeName))].join(' or ')
  if (schema.items) return `list of ${typeName(schema.items)}`
  if (typeof schema.additionalProperties === 'object' && !schema.properties) {
    return `map of ${typeName(schema.additionalProperties)}`
  }
  if (schema.type === 'null') return 'null'
  const types = [schema.type ?? []].flat().filter((type) => type !== 'null')
  return types.map((type) => NAMES[type] ?? type).join(' or ') || 'anything'
}

const NAMES: Record<string, string | undefined> = {
  string: 'text',
  number: 'number',
  integer: 'whole number',
  boolean: 'true or false',
  object: 'map',
  array: 'list',
}

export const code = (value: unknown): string =>
  `\`${typeof value === 'string' ? value || '""' : JSON.stringify(value)}\``

/** A Markdown table; cells on one line. */
export const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [line(head), `|${'---|'.repeat(head.length)}`, ...rows.map(line)].join('\n')

const line = (cells: readonly string[]): string => `| ${cells.map(cell).join(' | ')} |`

/** Outside of code, `<id>` would be taken for HTML. */
const cell = (text: string): string =>
  text
    .replaceAll('\n', ' ')
    .replaceAll('|', '\\|')
    .split('`')
    .map((part, at) => (at % 2 === 0 ? part.replaceAll('<', '&lt;') : part))
    .join('`')
