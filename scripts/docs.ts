import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { coreConfig, usersConfig } from '../core/config/schema.ts'
import { openApiDocument } from '../core/openapi/document.ts'
import { configurationPage } from './docs/configuration.ts'
import { schemaOf } from './docs/fields.ts'
import { protocolPage } from './docs/protocol.ts'

const root = join(import.meta.dirname, '..')
const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`

const pages = {
  'docs/configuration.md': configurationPage(),
  'docs/protocol.md': protocolPage(root),
  'docs/openapi.json': json(openApiDocument()),
  'config/core.schema.json': json(schemaOf(coreConfig)),
  'config/user.schema.json': json(schemaOf(usersConfig)),
}

const stale = Object.entries(pages).filter(([file, text]) => {
  const path = join(root, file)
  return !existsSync(path) || readFileSync(path, 'utf8') !== text
})

if (process.argv.includes('--check')) {
  for (const [file] of stale) process.stderr.write(`${file} is not up to date. Run: npm run docs\n`)
  process.exitCode = stale.length > 0 ? 1 : 0
} else {
  for (const [file, text] of stale) {
    writeFileSync(join(root, file), text)
    process.stdout.write(`${file}\n`)
  }
}
