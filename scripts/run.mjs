#!/usr/bin/env node
// Plain JavaScript and Node's own modules only: this runs on any Node from 18 on, before anything is installed.
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ensureBuilt } from './launcher/built.mjs'
import { runChild } from './launcher/child.mjs'
import { ensureInstalled } from './launcher/install.mjs'
import { findNode } from './launcher/node.mjs'
import { Failure, createProgress } from './launcher/progress.mjs'

/**
 * `dev`: needs the development dependencies. `built`: needs Core and the web page as they are built.
 * `lifeline`: gets an IPC channel, so that it notices when the launcher is gone.
 */
const commands = {
  start: { file: 'dist/main.js', built: true, lifeline: true },
  friends: { file: 'external_plugins/friends/main.ts', lifeline: true },
  'plugin:new': { file: 'scripts/plugin-new.ts' },
  'plugin:run': { file: 'scripts/plugin-run.ts', lifeline: true },
  'plugin:test': { file: 'scripts/plugin-test.ts', lifeline: true },
  test: { file: 'node_modules/vitest/vitest.mjs', args: ['run'], dev: true },
  bench: { file: 'scripts/bench.ts', dev: true, built: true, lifeline: true },
  'bench:memory-scale': { file: 'scripts/bench-memory-scale.ts', dev: true, lifeline: true },
  'bench:memory': { file: 'scripts/bench-memory.ts', dev: true, built: true, lifeline: true },
  pictures: { file: 'scripts/pictures.ts', dev: true, built: true, lifeline: true },
  prove: { file: 'scripts/prove.ts', dev: true, built: true, lifeline: true },
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
  if (command.built) await ensureBuilt(root, { node, progress })
  const file = join(root, command.file)
  if (!existsSync(file)) throw new Failure(`${command.file} is missing in ${root}`)
  runChild(node, [file, ...(command.args ?? []), ...rest], { root, lifeline: command.lifeline ?? false })
} catch (error) {
  if (!(error instanceof Failure || error.syscall)) throw error
  const what = error.syscall ? `HomeClaw cannot be prepared in ${root}: ${error.message}` : error.message
  process.stderr.write(`${what}\n`)
  process.exitCode = error.exitCode ?? 1
}
