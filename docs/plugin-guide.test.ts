import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { readManifest } from '../core/plugins/manifest.ts'

const root = join(import.meta.dirname, '..')
const read = (file: string): string => readFileSync(join(root, file), 'utf8')
const guide = read('docs/plugin-guide.md')

test('shows the plugins that plugin:new makes, whose tests prove them', () => {
  const typescript = read('scripts/template/typescript/plugin.ts').replaceAll(/typescript/gi, (word) =>
    word === 'typescript' ? 'hello' : 'Hello',
  )
  expect(guide).toContain(typescript)
  const [, python = 'nothing'] = guide.match(/```python\n([^]+?)```/) ?? []
  expect(read('scripts/template/python/main.py')).toContain(python)
})

test('names every key of plugin.yml', () => {
  for (const key of Object.keys(readManifest(join(root, 'external_plugins/dice'), 'dice')))
    expect(guide).toContain(`| \`${key}\` `)
})

test('names scripts and files that are there', () => {
  const { scripts } = JSON.parse(read('package.json'))
  for (const [, script = ''] of guide.matchAll(/npm run ([a-z:]+)/g))
    expect(Object.keys(scripts)).toContain(script)
  for (const [, file = ''] of guide.matchAll(/\]\(([^)#]+)\)/g)) expect(read(join('docs', file))).not.toBe('')
})
