import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { newest } from './newest.mjs'
import { Failure } from './progress.mjs'

/** What the page is made of, seen from its folder. */
const SOURCES = ['src', 'public', 'index.html', 'vite.config.ts', '../../core/contract']

/** Builds the web page when one of its sources is newer than the build. */
export async function ensurePage(root, { node, progress }) {
  const folder = join(root, 'channels', 'webchat')
  if (!existsSync(join(folder, 'vite.config.ts'))) return
  const built = newest(join(folder, 'dist', 'index.html'))
  if (built > Math.max(...SOURCES.map((source) => newest(join(folder, source))))) return
  await progress.during('Building the web page', 'Built the web page', () => build(root, folder, node))
}

async function build(root, folder, node) {
  const vite = join(root, 'node_modules', 'vite', 'bin', 'vite.js')
  const child = spawn(node, [vite, 'build', '--logLevel', 'warn'], {
    cwd: folder,
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
  if (code !== 0) throw new Failure(`${output.trim()}\nThe web page could not be built.`, code ?? 1)
}
