import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { normalizeId } from '../core/contract/index.ts'
import { folderOf } from '../core/plugins/manifest.ts'

const PLUGINS = resolve(import.meta.dirname, '../external_plugins')

/** The folder of a plugin by its id, or by its path. @throws Error in words for the person when no plugin.yml is there */
export function pluginFolder(name: string): string {
  const folder = existsSync(join(name, 'plugin.yml')) ? resolve(name) : folderOf([PLUGINS], normalizeId(name))
  if (!folder) throw new Error(`There is no plugin.yml in ${name}, and no plugin "${name}" in ${PLUGINS}`)
  return folder
}
