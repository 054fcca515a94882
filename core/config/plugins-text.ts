import { isDeepStrictEqual } from 'node:util'
import { isMap, isScalar } from 'yaml'
import type { Pair, YAMLMap } from 'yaml'
import { normalizeId } from '#contract'
import {
  apply,
  colonOf,
  columnOf,
  contentEnd,
  insert,
  isNone,
  lineEnd,
  lineStart,
  pairOf,
  type Splice,
} from './splice.ts'
import { readYaml } from './yaml.ts'

/**
 * core.yml with `plugins.<id>.enabled` set. All lines that this does not touch stay as they are, to the byte, where
 * the file is written in lines; one in `{…}` is written anew by YAML's Document, with its comments.
 */
export function setEnabled(text: string, id: string, enabled: boolean): string {
  const wanted = expected(text, id, enabled)
  const spliced = bySplices(text, id, enabled)
  if (spliced !== undefined && isDeepStrictEqual(parse(spliced).toJS(), wanted)) return spliced
  const rewritten = byDocument(text, id, enabled)
  if (!isDeepStrictEqual(parse(rewritten).toJS(), wanted))
    throw new Error('the change of core.yml did not come out as meant')
  return rewritten
}

const parse = (text: string) => readYaml({ file: 'config/core.yml', text }).document

/** As the id is written in the file. */
const keyIn = (plugins: object, id: string): string =>
  Object.keys(plugins).find((key) => normalizeId(key) === id) ?? id

function expected(text: string, id: string, enabled: boolean): object {
  const core = parse(text).toJS() ?? {}
  const plugins = core.plugins ?? {}
  const key = keyIn(plugins, id)
  return { ...core, plugins: { ...plugins, [key]: { ...plugins[key], enabled } } }
}

function byDocument(text: string, id: string, enabled: boolean): string {
  const document = parse(text)
  const plugins = document.toJS()?.plugins ?? {}
  const key = keyIn(plugins, id)
  if (plugins[key]) document.setIn(['plugins', key, 'enabled'], enabled)
  else if (Object.keys(plugins).length > 0) document.setIn(['plugins', key], { enabled })
  else document.set('plugins', { [key]: { enabled } })
  return document.toString({ lineWidth: 0 })
}

function bySplices(written: string, id: string, enabled: boolean): string | undefined {
  const eol = written.includes('\r\n') ? '\r\n' : '\n'
  const text = written === '' || written.endsWith('\n') ? written : written + eol
  const top = parse(text).contents
  if (isMap(top) && top.flow) return undefined
  const pair = isMap(top) ? pairOf(top, 'plugins') : undefined
  const line = `${id}: { enabled: ${enabled} }${eol}`
  if (!pair) return apply(text, [insert(text.length, `plugins:${eol}  ${line}`)])
  const splices = inPlugins(text, pair, { id, enabled, line, eol })
  return splices && apply(text, splices)
}

interface Wanted {
  readonly id: string
  readonly enabled: boolean
  /** The whole entry. */
  readonly line: string
  readonly eol: string
}

function inPlugins(text: string, { value, srcToken }: Pair, wanted: Wanted): Splice[] | undefined {
  const colon = colonOf(srcToken)
  if (colon !== undefined && (isNone(value) || (isMap(value) && value.items.length === 0))) {
    const end = isMap(value) ? Math.max(colon, value.range?.[1] ?? colon) : colon
    return [{ from: colon, to: end, text: '' }, insert(lineEnd(text, end), `  ${wanted.line}`)]
  }
  if (!isMap(value) || value.flow) return undefined
  const entry = value.items.find(({ key }) => isScalar(key) && normalizeId(String(key.value)) === wanted.id)
  if (entry) return inEntry(text, entry, wanted)
  const first = startOf(value)
  if (first === undefined) return undefined
  const indent = ' '.repeat(columnOf(text, first))
  return [insert(lineEnd(text, contentEnd(text, value)), indent + wanted.line)]
}

function inEntry(text: string, { value, srcToken }: Pair, { enabled, eol }: Wanted): Splice[] | undefined {
  const colon = colonOf(srcToken)
  if (isNone(value) && colon !== undefined) return [insert(colon, ` { enabled: ${enabled} }`)]
  if (!isMap(value)) return undefined
  const known = pairOf(value, 'enabled')?.value
  if (isScalar(known) && known.range)
    return [{ from: known.range[0], to: known.range[1], text: `${enabled}` }]
  if (value.flow && value.range) {
    const rest = value.items.length > 0 ? ',' : ' '
    return [insert(value.range[0] + 1, ` enabled: ${enabled}${rest}`)]
  }
  const first = startOf(value)
  if (first === undefined) return undefined
  return [insert(lineStart(text, first), `${' '.repeat(columnOf(text, first))}enabled: ${enabled}${eol}`)]
}

/** Where the first key of a map stands. */
function startOf({ items: [first] }: YAMLMap): number | undefined {
  return isScalar(first?.key) ? first.key.range?.[0] : undefined
}
