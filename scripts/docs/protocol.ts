import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import * as contract from '#contract'
import { codes } from '../../core/errors.ts'
import { routeTables } from './routes.ts'
import { code, fieldsOf, type Schema, schemasOf, table, typeName, variantsOf } from './fields.ts'

/** A wire type with the words that stand above it in the contract. */
interface WireType {
  readonly name: string
  readonly about: string
  readonly schema: Schema
}

const TITLES: Record<string, string | undefined> = {
  data: 'Everything of a person',
  host: 'What plugins ask of Core',
  'memory-status': 'The index of the memory',
  knowledge: 'Files that are read',
  memory: 'What is remembered',
  message: 'Messages',
  plugin: 'Plugins and companions',
  problem: 'Errors',
  socket: 'WebSocket',
  supervision: 'How plugins run',
  token: 'Tokens',
  user: 'People and chats',
}

/** docs/protocol.md: the hand-written introduction, every type of the contract, every problem. */
export function protocolPage(root: string): string {
  const intro = readFileSync(join(root, 'docs/protocol.intro.md'), 'utf8').trimEnd()
  return `<!-- Made by scripts/docs.ts from docs/protocol.intro.md, core/contract and core/errors.ts. Do not edit. -->

${intro}

## Routes

${routeTables()}

## Problems

${table(
  ['code', 'status', 'text'],
  Object.entries(codes).map(([name, [status, text]]) => [
    code(name),
    String(status),
    text.replaceAll('%s', '…'),
  ]),
)}

## Types

A field that is not *needed* may be left out or be \`null\`.

${filesOf(root)
  .map((file) => section(file, typesOf(root, file)))
  .filter(Boolean)
  .join('\n\n')}
`
}

/** The files of the contract, in the order of its index. */
const filesOf = (root: string): string[] =>
  Array.from(source(root, 'index').matchAll(/from '\.\/(.+)\.ts'/g), ([, file = '']) => file)

const source = (root: string, file: string): string =>
  readFileSync(join(root, 'core/contract', `${file}.ts`), 'utf8')

function typesOf(root: string, file: string): WireType[] {
  const named = /(?:\/\*\*((?:(?!\*\/)[^])*)\*\/\n)?export const (\w+) =/g
  return Array.from(source(root, file).matchAll(named)).flatMap(([, comment = '', name = '']) => {
    const schema = SCHEMAS[name]
    return schema ? [{ name, about: sentence(comment), schema }] : []
  })
}

const SCHEMAS: Readonly<Record<string, Schema | undefined>> = schemasOf(
  new Map(
    Object.entries(contract).flatMap(([name, value]) => (value instanceof z.ZodType ? [[name, value]] : [])),
  ),
)

const sentence = (comment: string): string =>
  comment
    .split('\n')
    .map((line) => line.replace(/^\s*\*?\s*/, '').trim())
    .filter(Boolean)
    .join(' ')

const section = (file: string, types: readonly WireType[]): string =>
  types.length === 0 ? '' : [`### ${TITLES[file] ?? file}`, ...types.map(describe)].join('\n\n')

const describe = ({ name, about, schema }: WireType): string =>
  [`#### ${name}`, about, ...shape(schema)].filter(Boolean).join('\n\n')

function shape(schema: Schema): string[] {
  const objects = variantsOf(schema).filter(({ properties }) => properties)
  if (objects.length > 1) return objects.flatMap((variant) => [`${label(variant)}:`, fields(variant)])
  return schema.properties ? [fields(schema)] : [`${upperFirst(typeName(schema))}.`]
}

/** What tells this form from the others: its constant fields. */
const label = (schema: Schema): string =>
  Object.entries(schema.properties ?? {})
    .filter(([, { const: value }]) => value !== undefined && value !== '')
    .map(([name, { const: value }]) => `\`${name}: ${JSON.stringify(value)}\``)
    .join(', ')

const fields = (schema: Schema): string =>
  table(
    ['field', 'type', 'needed', 'what it is'],
    fieldsOf(schema).map(({ path, schema: field, needed }) => [
      `\`${path}\``,
      typeName(field),
      needed ? 'yes' : field.default === undefined ? '' : `else ${code(field.default)}`,
      field.description ?? '',
    ]),
  )

const upperFirst = (text: string): string => text.slice(0, 1).toUpperCase() + text.slice(1)
