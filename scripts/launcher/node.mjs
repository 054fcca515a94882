import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { npmCommand } from './install.mjs'
import { Failure } from './progress.mjs'

/** From here on Node runs TypeScript as it is, and better-sqlite3 works. */
const OLDEST = [22, 18]

const isNewEnough = (version) => {
  const [major, minor] = version.split('.').map(Number)
  return major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1])
}

/**
 * The path of a Node that is new enough: this one, the one found before, or a Node 24 from the npm registry.
 * @throws Failure when npm gave an old one: it does so silently when it may not run the package's install script
 */
export function findNode(root, { progress, current = process.versions.node }) {
  if (isNewEnough(current)) return process.execPath
  const note = join(root, 'node_modules', '.homeclaw-node')
  const known = existsSync(note) ? readFileSync(note, 'utf8').trim() : ''
  if (known && existsSync(known) && isNewEnough(versionOf(known))) return known

  progress.say(`This Node is ${current}; getting Node 24 for HomeClaw (once) …`)
  const path = askNpm(root)
  const version = existsSync(path) ? versionOf(path) : 'nothing'
  if (!isNewEnough(version)) {
    throw new Failure(
      `HomeClaw needs Node ${OLDEST.join('.')} or newer. This one is ${current}, and npm gave ${version}.\n` +
        'Install a newer one from https://nodejs.org and start again.',
    )
  }
  writeFileSync(note, path)
  return path
}

function askNpm(root) {
  const [command, first] = npmCommand()
  const args = [
    'exec',
    '--yes',
    '--ignore-scripts=false',
    '--package=node@24',
    '--',
    'node',
    '-p',
    'process.execPath',
  ]
  try {
    const output = execFileSync(command, [...first, ...args], {
      cwd: root,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
      shell: command === 'npm' && process.platform === 'win32',
    })
    return output.trim().split('\n').at(-1)
  } catch (error) {
    throw new Failure(`${String(error.stderr ?? error.message).trim()}\nNode 24 could not be had from npm.`)
  }
}

function versionOf(path) {
  try {
    return execFileSync(path, ['-p', 'process.versions.node'], { encoding: 'utf8' }).trim()
  } catch (error) {
    return `one that does not run (${error.code ?? error.message})`
  }
}
