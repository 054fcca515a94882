#!/usr/bin/env node
// Plain JavaScript and Node's own modules only: this runs on any Node from 18 on, before anything is installed.
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { runChild } from './launcher/child.mjs'
import { ensureCompiled } from './launcher/compiled.mjs'
import { ensureInstalled } from './launcher/install.mjs'
import { findNode } from './launcher/node.mjs'
import { ensurePage } from './launcher/page.mjs'
import { Failure, createProgress } from './launcher/progress.mjs'

/**
 * `dev`: needs the development dependencies. `page`: needs the web page. `stays`: is compiled before, as it runs for long.
 * `lifeline`: gets an IPC channel, so that it notices when the launcher is gone.
 */
const commands = {
  start: { file: 'core/main.ts', page: true, lifeline: true, stays: true },
  friends: { file: 'external_plugins/friends/main.ts', lifeline: true },
  'plugin:new': { file: 'scripts/plugin-new.ts' },
  'plugin:run': { file: 'scripts/plugin-run.ts', lifeline: true },
  'plugin:test': { file: 'scripts/plugin-test.ts', lifeline: true },
  test: { file: 'node_modules/vitest/vitest.mjs', args: ['run'], dev: true, page: true },
  bench: { file: 'scripts/bench.ts', dev: true, page: true, lifeline: true },
  'bench:memory-scale': { file: 'scripts/bench-memory-scale.ts', dev: true, lifeline: true },
  'bench:memory': { file: 'scripts/bench-memory.ts', dev: true, lifeline: true },
  pictures: { file: 'scripts/pictures.ts', dev: true, page: true, lifeline: true },
  prove: { file: 'scripts/prove.ts', dev: true, page: true, lifeline: true },
  check: { file: 'scripts/check.ts', dev: true },
  docs: { file: 'scripts/docs.ts', dev: true },
}

const root = resolve(fileURLToPath(import.meta.url), '../..')
const [name = '', ...rest] = process.argv.slice(2)
const command = Object.hasOwn(commands, name) ? commands[name] : undefined

try {
  if (!command)
    throw new Failure(`Use: node scripts/run.mjs <${Object.keys(commands).join('|')}> [arguments]`, 64)
  const progress = createProgress(process.stderr)
  await ensureInstalled(root, { dev: command.dev ?? false, progress })
  const node = findNode(root, { progress })
  if (command.page) await ensurePage(root, { node, progress })
  const file = join(root, command.file)
  if (!existsSync(file)) throw new Failure(`${command.file} is missing in ${root}`)
  if (command.stays) ensureCompiled(root, { node, file })
  runChild(node, [file, ...(command.args ?? []), ...rest], { root, lifeline: command.lifeline ?? false })
} catch (error) {
  if (!(error instanceof Failure)) throw error
  process.stderr.write(`${error.message}\n`)
  process.exitCode = error.exitCode
}
