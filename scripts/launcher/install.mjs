import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { basename, join } from 'node:path'
import { holdLock } from './lock.mjs'
import { Failure } from './progress.mjs'

/**
 * Installs what package-lock.json asks for and is not there, and removes the builds for other platforms.
 * Development dependencies are added when `dev`, and never removed again.
 * Of two launchers in one clone, one installs and the other waits.
 */
export async function ensureInstalled(root, { dev, progress }) {
  if (isInstalled(root, dev)) return prune(root)
  mkdirSync(join(root, 'node_modules'), { recursive: true })
  const release = await holdLock(join(root, 'node_modules', '.homeclaw-installing'), {
    onWait: () => progress.say('Another start is installing the dependencies; waiting for it …'),
  })
  try {
    if (!isInstalled(root, dev)) await install(root, dev, progress)
    prune(root)
  } finally {
    release()
  }
}

/**
 * npm notes what it installed in node_modules/.package-lock.json, as its last step, so an interrupted run is seen;
 * the folders are looked at as well, because `--package-lock-only` writes that note without installing.
 * Compared is the content: times say nothing after a checkout, and an install by hand counts as well.
 */
function isInstalled(root, dev) {
  const present = readLock(join(root, 'node_modules', '.package-lock.json'))
  if (!present) return false
  return Object.entries(readLock(join(root, 'package-lock.json')) ?? {})
    .filter(([path, entry]) => isRequired(path, entry, dev))
    .every(
      ([path, { version }]) => present[path]?.version === version && versionIn(join(root, path)) === version,
    )
}

function versionIn(folder) {
  const manifest = join(folder, 'package.json')
  return existsSync(manifest) ? JSON.parse(readFileSync(manifest, 'utf8')).version : undefined
}

/** Optional packages may be missing for good reasons; links are folders of our own. */
function isRequired(path, entry, dev) {
  if (entry.optional || entry.devOptional || entry.peer || entry.link) return false
  return path.startsWith('node_modules/') && (dev || !entry.dev)
}

function readLock(file) {
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')).packages : undefined
}

async function install(root, dev, progress) {
  const before = readLock(join(root, 'node_modules', '.package-lock.json'))
  const lock = readLock(join(root, 'package-lock.json')) ?? {}
  const all =
    dev ||
    Object.entries(before ?? {}).some(
      ([path, entry]) => !isRequired(path, entry, false) && isRequired(path, entry, true),
    )
  const count = Object.entries(lock).filter(([path, entry]) => isRequired(path, entry, all)).length
  // --no-save: a start must not change the lock file of a clone that its owner wants to update later.
  await progress.during(
    `${before ? 'Updating' : 'Installing'} ${count} packages`,
    `${before ? 'Updated' : 'Installed'} ${count} packages`,
    () =>
      npm(root, [
        'install',
        all ? '--include=dev' : '--omit=dev',
        '--no-save',
        '--no-fund',
        '--no-audit',
        '--loglevel=error',
      ]),
  )
}

/** Runs npm quietly. @throws Failure with npm's own words and exit code when it fails */
async function npm(root, args) {
  const [command, first] = npmCommand()
  const child = spawn(command, [...first, ...args], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    shell: command === 'npm' && process.platform === 'win32',
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8')
    stream.on('data', (text) => (output += text))
  }
  const pass = (signal) => child.kill(signal)
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, pass)
  const [code, signal] = await new Promise((resolve, reject) => {
    child.once('error', (cause) => reject(new Failure(`npm could not be started: ${cause.message}`)))
    child.once('close', (...end) => resolve(end))
  })
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.off(name, pass)
  if (signal) throw new Failure(`The installation was stopped (${signal}).`, 130)
  if (code !== 0) throw new Failure(`${output.trim()}\nThe installation failed.`, code)
}

/** The npm that runs us, if one does; else the one on the PATH. */
export function npmCommand() {
  const running = process.env.npm_execpath
  return running && basename(running).startsWith('npm') ? [process.execPath, [running]] : ['npm', []]
}

/** Removes what packages carry for other platforms and for compiling: never loaded, and a third of the whole. */
function prune(root) {
  const { platform, arch } = process
  const sqlite = join(root, 'node_modules', 'better-sqlite3')
  const mine = platform === 'linux' ? [`linux-${arch}`, `linuxmusl-${arch}`] : [`${platform}-${arch}`]
  for (const build of list(join(sqlite, 'prebuilds'))) {
    if (!mine.some((name) => build === name || build.startsWith(`${name}.`)))
      remove(sqlite, 'prebuilds', build)
  }
  for (const sources of ['deps', 'src']) remove(sqlite, sources)

  const onnx = join(root, 'node_modules', 'onnxruntime-node', 'bin')
  const builds = list(onnx).flatMap((api) =>
    list(join(onnx, api)).flatMap((os) => list(join(onnx, api, os)).map((cpu) => ({ api, os, cpu }))),
  )
  for (const { api, os, cpu } of builds) {
    if (os !== platform || cpu !== arch) remove(onnx, api, os, cpu)
  }
}

const list = (folder) => (existsSync(folder) ? readdirSync(folder) : [])
const remove = (...path) => rmSync(join(...path), { recursive: true, force: true })
