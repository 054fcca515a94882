import { readFileSync } from 'node:fs'
import { closest } from 'fastest-levenshtein'
import { LineCounter, parseDocument, type Document } from 'yaml'
import { z } from 'zod'
import { normalizeId } from '#contract'
import { PluginError } from '#plugin-sdk'
import {
  DEFAULT_COMPANION,
  DEFAULTS,
  type Persona,
  type PersonaPart,
  personaPart,
  personaShape,
  titleOf,
} from './persona.ts'

const friendsConfig = z.strictObject({
  ...personaPart.shape,
  personas: z.record(z.string(), personaPart).nullish(),
})
export type FriendsConfig = z.infer<typeof friendsConfig>

/**
 * The plugin's config.yml with the owner's file over it, key by key; the owner's need not exist.
 * @throws PluginError `config_invalid` with every fault of both, each with file and line
 */
export function loadConfig(shipped: string, own: string | undefined): FriendsConfig {
  const faults: string[] = []
  const base = readConfig(shipped, faults) ?? {}
  const over = own === undefined ? {} : (readConfig(own, faults) ?? {})
  if (faults.length > 0) throw new PluginError('config_invalid', faults.join('\n'))
  const personas = new Map<string, PersonaPart>()
  for (const config of [base, over])
    for (const [name, part] of Object.entries(config.personas ?? {})) {
      const id = normalizeId(name)
      personas.set(id, { ...personas.get(id), ...part })
    }
  return { ...base, ...over, personas: Object.fromEntries(personas) }
}

/** Who a companion is before anybody has changed it. */
export function personaOf(config: FriendsConfig, companionId: string): Persona {
  const { personas, ...common } = config
  const own = personas && Object.hasOwn(personas, companionId) ? personas[companionId] : {}
  const name = companionId === DEFAULT_COMPANION ? {} : { name: titleOf(companionId) || DEFAULTS.name }
  return { ...DEFAULTS, ...common, ...name, ...own }
}

function readConfig(file: string, faults: string[]): FriendsConfig | undefined {
  const text = textOf(file)
  if (text === undefined) return undefined
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines })
  for (const error of document.errors)
    faults.push(`${file}:${lines.linePos(error.pos[0]).line}: ${error.message}`)
  if (document.errors.length > 0) return undefined
  const result = friendsConfig.safeParse(document.toJS() ?? {})
  if (result.success) return result.data
  for (const issue of result.error.issues)
    for (const { path, message } of spellOut(issue))
      faults.push(`${file}:${lineOf(document, lines, path)}: ${message}`)
  return undefined
}

function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return undefined
    throw new PluginError('config_invalid', `${file} cannot be read`, { cause })
  }
}

/** One fault per unknown key, with the known one that looks most like it. */
function spellOut(issue: z.core.$ZodIssue): { path: PropertyKey[]; message: string }[] {
  if (issue.code !== 'unrecognized_keys')
    return [{ path: issue.path, message: `${issue.path.join('.')}: ${issue.message}` }]
  const known = [...Object.keys(personaShape), ...(issue.path.length === 0 ? ['personas'] : [])]
  return issue.keys.map((key) => ({
    path: [...issue.path, key],
    message: `${[...issue.path, key].join('.')} is not a setting. Do you mean "${closest(key, known)}"?`,
  }))
}

function lineOf(document: Document.Parsed, lines: LineCounter, path: readonly PropertyKey[]): number {
  const node: unknown = document.getIn(path, true)
  const range = node !== null && typeof node === 'object' && 'range' in node ? node.range : undefined
  return Array.isArray(range) && typeof range[0] === 'number' ? lines.linePos(range[0]).line : 1
}
