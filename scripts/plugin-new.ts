import { cpSync, existsSync, globSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { normalizeId } from '../core/contract/index.ts'
import { nameOfId } from '../core/plugins/name.ts'

/** `npm run plugin:new <id> [-- --python]`: a plugin that runs, in external_plugins/<id>. */
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { python: { type: 'boolean', default: false } },
})

const PLUGINS = resolve(import.meta.dirname, '../external_plugins')
const FIRST_PORT = 3_130

/** @throws Error in words for the person */
function createPlugin(folderName: string, language: 'python' | 'typescript'): string {
  const id = normalizeId(folderName)
  if (!/^[a-z][a-z0-9_]{1,39}$/.test(id))
    throw new Error(`"${folderName}" is no id: 2 to 40 letters, digits, - and _, a letter first`)
  const taken = readdirSync(PLUGINS).find((name) => normalizeId(name) === id)
  if (taken) throw new Error(`external_plugins/${taken} is there already`)
  const folder = join(PLUGINS, folderName)
  cpSync(join(import.meta.dirname, 'template', language), folder, {
    recursive: true,
    filter: (file) => !file.includes('__pycache__'),
  })
  const port = freePort()
  for (const file of readdirSync(folder)) {
    const text = readFileSync(join(folder, file), 'utf8')
    writeFileSync(join(folder, file), filledIn(text, { id, name: nameOfId(id), port, language }))
  }
  return id
}

interface Filled {
  readonly id: string
  readonly name: string
  readonly port: number
  readonly language: string
}

/** The template is itself a plugin, called after its language: that is what changes. */
function filledIn(text: string, { id, name, port, language }: Filled): string {
  const title = nameOfId(language)
  return text
    .replaceAll(new RegExp(`(id"?: ['"]?)${language}\\b`, 'g'), `$1${id}`)
    .replaceAll(new RegExp(`(name"?: ['"]?)${title}\\b`, 'g'), `$1${name}`)
    .replaceAll('3199', String(port))
}

/** One that no other plugin here uses. */
function freePort(): number {
  const used = globSync('*/plugin.yml', { cwd: PLUGINS }).map((file) =>
    Number(/^port:\s*(\d+)/m.exec(readFileSync(join(PLUGINS, file), 'utf8'))?.[1]),
  )
  let port = FIRST_PORT
  while (used.includes(port)) port++
  return port
}

const [name] = positionals
if (name === undefined) {
  console.error('What is it called? npm run plugin:new <id> [-- --python]')
  process.exit(64)
}
try {
  const id = createPlugin(name, values.python ? 'python' : 'typescript')
  const tests = existsSync(join(PLUGINS, name, 'plugin.test.ts'))
    ? `npm test -- external_plugins/${name}`
    : `npm run plugin:test ${name}`
  console.log(`external_plugins/${name} is there, and works.

  ${tests}
      proves it

  To use it, write under plugins in config/core.yml (Core sees it at once):
      ${id}: { enabled: true }
  or enable it on the page, under Plugins.`)
} catch (error) {
  console.error((error as Error).message)
  process.exitCode = 1
}
