import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { findCrossings } from './check/boundaries.ts'
import { findOversized } from './check/size.ts'

interface Gate {
  readonly name: string
  /** Resolves with what is wrong; empty when nothing is. */
  run(): Promise<string>
}

const root = resolve(import.meta.dirname, '..')

/** A gate that is a program: what it says counts only when it fails. */
function program(name: string, file: string, args: readonly string[]): Gate {
  return {
    name,
    run: () =>
      new Promise((done, reject) => {
        const child = spawn(process.execPath, [join(root, file), ...args], {
          cwd: root,
          stdio: ['ignore', 'pipe', 'pipe'],
          env: { ...process.env, NO_COLOR: '1' },
        })
        let output = ''
        child.stdout.on('data', (text) => (output += text))
        child.stderr.on('data', (text) => (output += text))
        child.once('error', reject)
        child.once('close', (code) => done(code === 0 ? '' : output.trim() || `ended with ${code}`))
      }),
  }
}

const list = (name: string, find: (root: string) => string[]): Gate => ({
  name,
  run: async () => find(root).join('\n'),
})

const gates: readonly Gate[] = [
  program('format', 'node_modules/oxfmt/bin/oxfmt', ['--check', '.']),
  program('lint', 'node_modules/oxlint/bin/oxlint', ['--deny-warnings', '.']),
  program('types', 'node_modules/typescript/bin/tsc', ['-p', '.']),
  ...(existsSync(join(root, 'channels/webchat/tsconfig.json'))
    ? [program('types of the page', 'node_modules/typescript/bin/tsc', ['-p', 'channels/webchat'])]
    : []),
  list('boundaries', findCrossings),
  list('size', findOversized),
  program('unused code', 'node_modules/knip/bin/knip.js', ['--no-progress']),
  ...(existsSync(join(root, 'scripts/docs.ts'))
    ? [program('generated documents', 'scripts/docs.ts', ['--check'])]
    : []),
]

/** Two at a time: as many as a small machine has cores. */
async function runGates(): Promise<boolean> {
  const waiting = [...gates]
  let clean = true
  async function work(): Promise<void> {
    for (let gate = waiting.shift(); gate; gate = waiting.shift()) {
      const wrong = await gate.run()
      console.log(wrong ? `${gate.name}: failed\n${wrong}\n` : `${gate.name}: ok`)
      clean &&= !wrong
    }
  }
  await Promise.all([work(), work()])
  return clean
}

process.exitCode = (await runGates()) ? 0 : 1
