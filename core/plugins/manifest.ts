import { accessSync, constants, existsSync, readdirSync, readFileSync } from 'node:fs'
import { delimiter, isAbsolute, join, resolve } from 'node:path'
import { parse } from 'yaml'
import { z } from 'zod'
import { normalizeId } from '#contract'
import { problem, problemFrom } from '../errors.ts'

/** plugin.yml: how Core starts a plugin of external_plugins. */
const manifestSchema = z.strictObject({
  id: z
    .string()
    .regex(/^[a-z0-9][a-z0-9_-]*$/i, 'letters, digits, - and _ only')
    .describe('The same as its folder.'),
  name: z.string().trim().min(1).max(100).describe('The name to show until it has registered itself.'),
  description: z.string().default(''),
  command: z
    .tuple([z.string().min(1)], z.string())
    .describe(
      'Program and arguments. `node` is the Node that Core runs on; a path is seen from the folder; anything else is looked up in PATH.',
    ),
  port: z.number().int().min(1).max(65_535).describe('The usual port. When it is taken, PORT names another.'),
  ready_within_sec: z
    .number()
    .positive()
    .max(600)
    .default(30)
    .describe('A process that is not up to its work for so long is ended and started anew.'),
  env: z
    .record(z.string(), z.coerce.string())
    .default({})
    .describe('Beside what Core gives every plugin; Core goes before.'),
})
export type Manifest = z.infer<typeof manifestSchema>

/** The folder of a plugin, or undefined: then it is one that somebody starts by hand. Ids are compared, never made into paths. */
export function folderOf(folders: readonly string[], pluginId: string): string | undefined {
  for (const parent of folders) {
    if (!existsSync(parent)) continue
    const name = readdirSync(parent).find((entry) => normalizeId(entry) === pluginId)
    if (name && existsSync(join(parent, name, 'plugin.yml'))) return resolve(parent, name)
  }
  return undefined
}

/** The ids of all that have a plugin.yml. */
export const idsIn = (folders: readonly string[]): string[] =>
  folders
    .filter((parent) => existsSync(parent))
    .flatMap((parent) => readdirSync(parent).filter((name) => existsSync(join(parent, name, 'plugin.yml'))))
    .map(normalizeId)

/** @throws Problem `config_invalid` with all faults at once */
export function readManifest(folder: string, pluginId: string): Manifest {
  const file = join(folder, 'plugin.yml')
  const result = manifestSchema.safeParse(parseYaml(file))
  if (!result.success) {
    const faults = result.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`)
    throw problem('config_invalid', `${file}: ${faults.join('; ')}`)
  }
  if (normalizeId(result.data.id) !== pluginId)
    throw problem('config_invalid', `${file}: the id is "${result.data.id}", the folder says "${pluginId}"`)
  return result.data
}

function parseYaml(file: string): unknown {
  try {
    return parse(readFileSync(file, 'utf8'), { maxAliasCount: 20 })
  } catch (cause) {
    throw problemFrom(cause, 'config_invalid', `${file}: ${(cause as Error).message}`)
  }
}

interface Places {
  readonly folder: string
  /** What `node` means. */
  readonly execPath: string
  /** PATH, to look programs up in. */
  readonly path: string
}

/**
 * Program, as an absolute path, and arguments.
 * @throws Problem `config_invalid` when the program is not in PATH
 */
export const commandOf = ({ command: [name, ...args] }: Manifest, places: Places): [string, ...string[]] => [
  programOf(name, places),
  ...args,
]

function programOf(command: string, { folder, execPath, path }: Places): string {
  if (command === 'node') return execPath
  if (isAbsolute(command) || command.includes('/')) return resolve(folder, command)
  const found = path
    .split(delimiter)
    .map((entry) => join(entry, command))
    .find(isExecutable)
  if (!found) throw problem('config_invalid', `The program "${command}" is not in PATH`)
  return found
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === undefined) throw cause
    return false
  }
}
