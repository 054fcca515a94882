import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { AT_START } from '../core/config/live.ts'
import { parseConfig } from '../core/config/load.ts'
import { coreConfig } from '../core/config/schema.ts'
import { codes } from '../core/errors.ts'
import { EXAMPLE_CORE, EXAMPLE_USERS, isForRestart } from '../scripts/docs/configuration.ts'
import { fieldsOf, schemaOf } from '../scripts/docs/fields.ts'

const root = join(import.meta.dirname, '..')

test('the generated pages and schemas are fresh', () => {
  expect(
    execFileSync(process.execPath, [join(root, 'scripts/docs.ts'), '--check'], { encoding: 'utf8' }),
  ).toBe('')
})

test('the examples are valid', () => {
  const { core, users } = parseConfig({ core: EXAMPLE_CORE, users: EXAMPLE_USERS }, { OPENAI_API_KEY: 'x' })
  expect([core.companions.length, users.length]).toEqual([2, 2])
})

test('keys that are said to need a restart are those that do', () => {
  const said = fieldsOf(schemaOf(coreConfig)).filter(isForRestart)
  const keys = new Set(said.map(({ path }) => path.split('.')[0]))
  expect([...keys].sort()).toEqual([...AT_START].sort())
})

test('every problem, every type of the introduction and the aim of every link is there', () => {
  const page = readFileSync(join(root, 'docs/protocol.md'), 'utf8')
  for (const name of Object.keys(codes)) expect(page).toContain(`| \`${name}\` |`)
  const intro = readFileSync(join(root, 'docs/protocol.intro.md'), 'utf8')
  const types = Array.from(intro.matchAll(/`(?:\{\w+: )?([a-z]+[A-Z]\w+)/g), ([, name]) => name)
  expect(types.length).toBeGreaterThan(5)
  for (const name of types) expect(page).toContain(`#### ${name}`)
  const headings = Array.from(page.matchAll(/^#+ (.+)$/gm), ([, title = '']) => title.toLowerCase())
  for (const [, aim] of page.matchAll(/\]\(#([^)]+)\)/g)) expect(headings).toContain(aim)
})
