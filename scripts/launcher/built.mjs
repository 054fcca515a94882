import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { holdLock } from './lock.mjs'
import { newest } from './newest.mjs'
import { Failure } from './progress.mjs'

/** What Vite builds. `sources` are seen from `folder`; `done` is written when a build has ended well. */
const BUILDS = [
  {
    name: 'the web page',
    folder: 'channels/webchat',
    sources: ['src', 'public', 'index.html', 'vite.config.ts', '../../core/contract'],
    done: 'channels/webchat/dist/.done',
  },
  { name: 'Core', folder: 'core', sources: ['.', '../package-lock.json'], done: 'dist/.done' },
]

/**
 * Builds what is older than its sources, or was not ended. Of two launchers in one clone, one builds and the other waits.
 * @throws Failure with Vite's own words
 */
export async function ensureBuilt(root, { node, progress }) {
  if (stale(root).length === 0) return
  const release = await holdLock(join(root, 'node_modules', '.homeclaw-building'), {
    onWait: () => progress.say('Another start is building; waiting for it …'),
  })
  try {
    for (const each of stale(root))
      await progress.during(`Building ${each.name}`, `Built ${each.name}`, () => build(root, each, node))
  } finally {
    release()
  }
}

const stale = (root) =>
  BUILDS.filter(({ folder, sources, done }) => {
    if (!existsSync(join(root, folder, 'vite.config.ts'))) return false
    const changed = Math.max(...sources.map((source) => newest(join(root, folder, source))))
    return newest(join(root, done)) <= changed
  })

async function build(root, { name, folder, done }, node) {
  rmSync(join(root, done), { force: true })
  const vite = join(root, 'node_modules', 'vite', 'bin', 'vite.js')
  const child = spawn(node, [vite, 'build', '--logLevel', 'warn'], {
    cwd: join(root, folder),
    env: { ...process.env, NODE_ENV: 'production' },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8')
    stream.on('data', (text) => (output += text))
  }
  const code = await new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', resolve)
  })
  const failed = `${name[0].toUpperCase()}${name.slice(1)} could not be built.`
  if (code !== 0) throw new Failure(`${output.trim()}\n${failed}`, code ?? 1)
  mkdirSync(dirname(join(root, done)), { recursive: true })
  writeFileSync(join(root, done), '')
}
