import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { childEnv } from './child.mjs'
import { newest } from './newest.mjs'

/** Longest that loading may take, in ms. */
const LATEST_MS = 20_000

/**
 * Lets Node compile Core in a process that ends at once, when its sources are newer than what Node kept: whoever
 * compiles TypeScript keeps the compiler, and with it 16 MB, for as long as it lives (measured). What is wrong with the
 * sources is said by the start itself.
 */
export function ensureCompiled(root, { node, file }) {
  const note = join(root, 'node_modules', '.cache', 'compiled-by')
  const isFresh = existsSync(note) && readFileSync(note, 'utf8') === node
  if (isFresh && newest(note) > newest(join(root, 'core'))) return
  const { status } = spawnSync(node, [file, '--only-load'], {
    cwd: root,
    env: childEnv(root),
    stdio: 'ignore',
    timeout: LATEST_MS,
    killSignal: 'SIGKILL',
  })
  if (status !== 0) return
  try {
    mkdirSync(dirname(note), { recursive: true })
    writeFileSync(note, node)
  } catch {
    // A clone that only its owner may write into: it is compiled anew each time.
  }
}
