import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, globSync, lstatSync, mkdirSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Bench } from './bench.ts'
import { makeFolder } from './core.ts'

const repository = resolve(import.meta.dirname, '../..')

/** What the first `npm start` of a fresh clone installs, and how long that takes; from npm's cache where it has one. */
export const benchInstall: Bench = async () => {
  const folder = makeFolder()
  try {
    for (const part of ['package.json', 'package-lock.json', '.npmrc', 'vendor', 'scripts']) {
      cpSync(join(repository, part), join(folder.path, part), { recursive: true })
    }
    mkdirSync(join(folder.path, 'dist'))
    writeFileSync(join(folder.path, 'dist/main.js'), '')
    const started = performance.now()
    const launcher = spawn(process.execPath, ['scripts/run.mjs', 'start'], {
      cwd: folder.path,
      stdio: ['ignore', 'ignore', 'inherit'],
    })
    const [code] = await once(launcher, 'close')
    if (code !== 0) throw new Error(`The installation ended with ${code}`)
    const seconds = (performance.now() - started) / 1000
    return [
      {
        name: 'installed',
        value: sizeOf(join(folder.path, 'node_modules')),
        unit: 'MB',
        limit: { most: 450 },
      },
      { name: 'installed in', value: seconds, unit: 's', limit: { most: 60 } },
    ]
  } finally {
    folder.remove()
  }
}

function sizeOf(folder: string): number {
  const files = globSync('**', { cwd: folder })
  return files.reduce((sum, file) => sum + lstatSync(join(folder, file)).blocks * 512, 0) / 1024 / 1024
}
