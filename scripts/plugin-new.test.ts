import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { createPorts } from '../core/plugins/port.ts'

const root = resolve(import.meta.dirname, '..')
let clone: string
beforeAll(() => {
  clone = mkdtempSync(join(tmpdir(), 'plugin-new-'))
  for (const part of [
    'core',
    'external_plugins',
    'scripts',
    'package.json',
    'tsconfig.json',
    'vitest.config.ts',
  ])
    cpSync(join(root, part), join(clone, part), { recursive: true })
  symlinkSync(join(root, 'node_modules'), join(clone, 'node_modules'))
})
afterAll(() => rmSync(clone, { recursive: true, force: true }))

function node(...args: string[]): { status: number | null; said: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: clone, encoding: 'utf8' })
  return { status, said: stdout + stderr }
}
const create = (...args: string[]) => node('scripts/plugin-new.ts', ...args)
const read = (file: string): string => readFileSync(join(clone, 'external_plugins', file), 'utf8')

test('a new plugin in TypeScript passes its own tests, and its types are right', () => {
  const { status, said } = create('tea-time')
  expect(said).toContain('tea_time: { enabled: true }')
  expect(status).toBe(0)
  expect(read('tea-time/plugin.yml')).toMatch(/id: tea_time\nname: Tea Time\n[^]*port: 3130\n/)
  expect(read('tea-time/plugin.ts')).toContain("id: 'tea_time',\n  name: 'Tea Time',")
  const tests = node('node_modules/vitest/vitest.mjs', 'run', 'external_plugins/tea-time')
  expect(tests.said).toMatch(/Tests .*2 passed/)
  expect(node('node_modules/typescript/bin/tsc', '-p', '.').said).not.toContain('tea-time')
})

const hasPython = spawnSync('python3', ['--version']).status === 0

test.skipIf(!hasPython)('a new plugin in Python keeps the contract', () => {
  expect(create('snake', '--python').status).toBe(0)
  expect(read('snake/plugin.yml')).toMatch(/id: snake\nname: Snake\n/)
  expect(read('snake/main.py')).toContain('"plugin_id": "snake",\n    "name": "Snake",')
  const { status, said } = node('scripts/plugin-test.ts', 'snake')
  expect(said).toContain('15 passed, 0 failed')
  expect(status).toBe(0)
  expect(JSON.parse(node('scripts/plugin-test.ts', 'snake', '--json').said)).toMatchObject({ held: true })
})

test('a plugin is run in a terminal, with its usual port, until somebody stops it', async () => {
  const port = await createPorts().take(3_131)
  const manifest = join(clone, 'external_plugins/dice/plugin.yml')
  writeFileSync(manifest, read('dice/plugin.yml').replace(/port: \d+/, `port: ${port}`))
  const { PORT: _, ...env } = process.env
  const child = spawn(process.execPath, ['scripts/plugin-run.ts', 'dice'], { cwd: clone, env })
  onTestFinished(() => void child.kill('SIGTERM'))
  const said: string[] = []
  child.stdout.on('data', (chunk) => said.push(String(chunk)))
  await expect.poll(() => said.join('')).toContain(`listens on http://127.0.0.1:${port}`)
  child.kill('SIGTERM')
  const [code] = await once(child, 'exit')
  expect(code).toBe(0)
  await expect(fetch(`http://127.0.0.1:${port}/health`)).rejects.toThrow('fetch failed')
  expect(node('scripts/plugin-run.ts', 'nobody').said).toContain('no plugin "nobody"')
})

test('what cannot be is said in words', () => {
  expect(create('friends')).toMatchObject({ status: 1, said: 'external_plugins/friends is there already\n' })
  expect(create('Time_Python').said).toContain('external_plugins/time-python is there already')
  expect(create('../x').said).toContain('is no id')
  expect(create().said).toContain('What is it called?')
  expect(node('scripts/plugin-test.ts', 'nobody').said).toContain('no plugin "nobody"')
})
