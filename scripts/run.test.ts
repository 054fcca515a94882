import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, cp, mkdir, mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

const scripts = import.meta.dirname
const children: ChildProcess[] = []
let root: string

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'homeclaw-run-'))
  await cp(join(scripts, 'run.mjs'), join(root, 'scripts/run.mjs'))
  await cp(join(scripts, 'launcher'), join(root, 'scripts/launcher'), { recursive: true })
})

afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
  await rm(root, { recursive: true, force: true })
})

async function write(path: string, text: string): Promise<void> {
  await mkdir(dirname(join(root, path)), { recursive: true })
  await writeFile(join(root, path), text)
}

const named = (names: string[]) => Object.fromEntries(names.map((name) => [name, `file:./${name}.tgz`]))

/** A clone whose packages are archives of its own, so that nothing comes from the network. */
async function makeClone({ packages = ['one'], dev = ['two'], main = '' } = {}): Promise<void> {
  for (const name of [...packages, ...dev]) {
    await write('package/package.json', JSON.stringify({ name, version: '1.0.0' }))
    const tar = spawn('tar', ['-czf', `${name}.tgz`, 'package'], { cwd: root, stdio: 'ignore' })
    expect((await once(tar, 'close'))[0]).toBe(0)
  }
  const manifest = {
    name: 'clone',
    type: 'module',
    scripts: { start: 'node scripts/run.mjs start' },
    dependencies: named(packages),
    devDependencies: named(dev),
  }
  await write('package.json', JSON.stringify(manifest))
  await write('.npmrc', 'ignore-scripts=true\nfund=false\naudit=false\n')
  await write('dist/main.js', main || 'console.log("started")')
  const npm = spawn('npm', ['install', '--package-lock-only', '--offline'], { cwd: root, stdio: 'ignore' })
  expect((await once(npm, 'close'))[0]).toBe(0)
}

/** As a clone whose dependencies are there: what is tested then is the start alone. */
async function makeInstalledClone(main: string): Promise<void> {
  await write('node_modules/.package-lock.json', JSON.stringify({ packages: {} }))
  await write('dist/main.js', main)
  await write('package.json', JSON.stringify({ type: 'module' }))
}

/** The packages that are there, and whatever else was left behind beside them. */
async function installed(): Promise<string[]> {
  const names = await readdir(join(root, 'node_modules'))
  return names.filter((name) => name !== '.cache' && name !== '.package-lock.json')
}

interface Run {
  readonly child: ChildProcess
  readonly ended: Promise<{ code: number | null; signal: string | null; output: string }>
  /** Resolves with the output so far as soon as it contains `text`. */
  shows(text: string): Promise<string>
}

function run(
  args: string[],
  { command = process.execPath, env = {} }: { command?: string; env?: NodeJS.ProcessEnv } = {},
): Run {
  const child = spawn(command, args, { cwd: root, env: { ...process.env, ...env } })
  children.push(child)
  let output = ''
  const waiting = new Set<() => void>()
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      output += chunk
      for (const look of waiting) look()
    })
  }
  return {
    child,
    ended: once(child, 'close').then(([code, signal]) => ({ code, signal, output })),
    shows: (text) =>
      new Promise((resolve) => {
        const look = () => output.includes(text) && (waiting.delete(look), resolve(output))
        waiting.add(look)
        look()
      }),
  }
}

const launch = (...args: string[]): Run => run(['scripts/run.mjs', ...args])

async function eventually(holds: () => boolean | Promise<boolean>): Promise<void> {
  await expect.poll(holds).toBe(true)
}

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false
    throw error
  }
}

describe('installing', () => {
  it('installs a fresh clone without development dependencies, shows it, and does not do it twice', async () => {
    await makeClone()
    const first = await launch('start').ended
    expect(first).toMatchObject({ code: 0 })
    expect(first.output).toMatch(/Installing 1 packages …[^]*Installed 1 packages \([\d.]+ s\)[^]*started/)
    expect(await installed()).toEqual(['one'])

    expect((await launch('start').ended).output).toBe('started\n')
  })

  it('adds the development dependencies for a command that needs them, and keeps them afterwards', async () => {
    await makeClone()
    await write('scripts/check.ts', 'console.log("checked")')
    await launch('start').ended
    expect((await launch('check').ended).output).toMatch(/Updated 2 packages[^]*checked/)
    await makeClone({ packages: ['one', 'three'] })
    expect((await launch('start').ended).output).toMatch(/Updated 3 packages[^]*started/)
    expect(await installed()).toEqual(['one', 'three', 'two'])
  })

  it('leaves package-lock.json as it is, also where npm would write it differently', async () => {
    await makeClone()
    const lock = JSON.parse(await readFile(join(root, 'package-lock.json'), 'utf8'))
    delete lock.requires
    await write('package-lock.json', JSON.stringify(lock))
    expect(await launch('start').ended).toMatchObject({ code: 0 })
    expect(await readFile(join(root, 'package-lock.json'), 'utf8')).toBe(JSON.stringify(lock))
  })

  it('shows the words of npm and keeps its exit code when the installation fails', async () => {
    await makeClone()
    const lock = await readFile(join(root, 'package-lock.json'), 'utf8')
    await write('package-lock.json', lock.replaceAll(/sha512-[^"]+/g, `sha512-${'A'.repeat(86)}==`))
    const { code, output } = await launch('start').ended
    expect(code).not.toBe(0)
    expect(output).toContain('EINTEGRITY')
    expect(output).toContain('The installation failed.')
    expect(output).not.toContain('started')
  })

  it('lets one of two starts install while the other waits for it', async () => {
    await makeClone()
    const both = await Promise.all([launch('start').ended, launch('start').ended])
    expect(both.map(({ code }) => code)).toEqual([0, 0])
    expect(both.filter(({ output }) => /Installing|Updating/.test(output))).toHaveLength(1)
    expect(both.every(({ output }) => output.includes('started'))).toBe(true)
    expect(await installed()).toEqual(['one'])
  })

  it('takes over the lock of an installation that died', async () => {
    await makeClone()
    const dead = spawn(process.execPath, ['-e', '0'])
    await once(dead, 'close')
    await write('node_modules/.homeclaw-installing/pid', String(dead.pid))
    expect(await launch('start').ended).toMatchObject({ code: 0 })
    expect(await installed()).toEqual(['one'])
  })

  it('removes builds for other platforms and keeps those of this one', async () => {
    await makeInstalledClone('console.log("started")')
    const mine = `${process.platform}-${process.arch}`
    for (const build of [mine, 'win32-ia32', 'sunos-sparc']) {
      await write(`node_modules/better-sqlite3/prebuilds/${build}.node`, '')
    }
    await write('node_modules/better-sqlite3/deps/sqlite3.c', '')
    await write('node_modules/better-sqlite3/lib/index.js', '')
    await write(`node_modules/onnxruntime-node/bin/napi-v6/${process.platform}/${process.arch}/a.node`, '')
    await write('node_modules/onnxruntime-node/bin/napi-v6/sunos/sparc/a.node', '')
    for (const _ of [1, 2])
      expect(await launch('start').ended).toMatchObject({ code: 0, output: 'started\n' })
    expect(await readdir(join(root, 'node_modules/better-sqlite3'))).toEqual(['lib', 'prebuilds'])
    expect(await readdir(join(root, 'node_modules/better-sqlite3/prebuilds'))).toEqual([`${mine}.node`])
    const onnx = join(root, 'node_modules/onnxruntime-node/bin/napi-v6')
    expect((await stat(join(onnx, process.platform, process.arch, 'a.node'))).isFile()).toBe(true)
    expect(await readdir(join(onnx, 'sunos'))).toEqual([])
  })
})

describe('running', () => {
  it('passes arguments and the exit code on, and keeps npm out of the environment', async () => {
    await makeInstalledClone(
      `console.log(JSON.stringify({ args: process.argv.slice(2), arenas: process.env.MALLOC_ARENA_MAX,
        cache: process.env.NODE_COMPILE_CACHE, npm: process.env.npm_lifecycle_event })); process.exitCode = 7`,
    )
    const started = run(['scripts/run.mjs', 'start', '--a', 'b c'], {
      env: { npm_lifecycle_event: 'start', NODE_COMPILE_CACHE: undefined },
    })
    const { code, output } = await started.ended
    expect(code).toBe(7)
    expect(JSON.parse(output)).toEqual({
      args: ['--a', 'b c'],
      arenas: '2',
      cache: join(root, 'node_modules/.cache/compile'),
    })
  })

  it.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)('passes %s on', async (signal) => {
    await makeInstalledClone(
      `process.on('${signal}', () => { console.log('stopped by ${signal}'); process.exit(0) })
       setInterval(() => {}, 1_000); console.log('ready')`,
    )
    const started = launch('start')
    await started.shows('ready')
    started.child.kill(signal)
    expect(await started.ended).toEqual({ code: 0, signal: null, output: `ready\nstopped by ${signal}\n` })
  })

  it('ends a command that hangs, 5 s after it was told to stop', async () => {
    await makeInstalledClone(`process.on('SIGINT', () => {}); console.log('ready'); for (;;) {}`)
    const started = launch('start')
    await started.shows('ready')
    started.child.kill('SIGINT')
    expect(await started.ended).toMatchObject({ code: null, signal: 'SIGKILL' })
  })

  it('ends by the signal that ended the command', async () => {
    await makeInstalledClone(`process.kill(process.pid, 'SIGKILL')`)
    expect(await launch('start').ended).toMatchObject({ code: null, signal: 'SIGKILL' })
  })

  it('lets the command see a disconnect when the launcher is killed', async () => {
    await makeInstalledClone(
      `process.on('disconnect', () => process.exit(0)); setInterval(() => {}, 1_000); console.log('pid', process.pid, '.')`,
    )
    const started = launch('start')
    const pid = Number(/pid (\d+)/.exec(await started.shows(' .'))?.[1])
    started.child.kill('SIGKILL')
    await eventually(() => !isAlive(pid))
  })

  it('stops the command when npm, which started it, is ended by SIGTERM', async () => {
    await makeInstalledClone(
      `process.on('SIGTERM', () => process.exit(0)); setInterval(() => {}, 1_000); console.log('pid', process.pid, '.')`,
    )
    await write(
      'package.json',
      JSON.stringify({ type: 'module', scripts: { start: 'node scripts/run.mjs start' } }),
    )
    const npm = run(['start'], { command: 'npm' })
    const pid = Number(/pid (\d+)/.exec(await npm.shows(' .'))?.[1])
    npm.child.kill('SIGTERM')
    await eventually(() => !isAlive(pid))
  })

  it('says how it is used when the command is not known', async () => {
    const { code, output } = await launch('toString').ended
    expect(code).toBe(64)
    expect(output).toContain('Use: node scripts/run.mjs <start|')
  })
})

const load = async (name: string) => import(pathToFileURL(join(root, 'scripts/launcher', name)).href)

/** Stands for a Node of another version: answers `-p process.versions.node` with it. */
async function otherNode(name: string, version: string): Promise<string> {
  await write(name, `#!/bin/sh\necho ${version}\n`)
  await chmod(join(root, name), 0o755)
  return join(root, name)
}

describe('a Node that is new enough', () => {
  /** What is said to the person, and found, when the launcher itself runs on `current`. */
  async function find(current: string, fromNpm: string): Promise<{ said: string[]; found: string }> {
    const { findNode } = await load('node.mjs')
    await write('node_modules/.keep', '')
    await write('npm-cli.mjs', `console.log(${JSON.stringify(fromNpm)})`)
    vi.stubEnv('npm_execpath', join(root, 'npm-cli.mjs'))
    const said: string[] = []
    return { said, found: findNode(root, { current, progress: { say: (line: string) => said.push(line) } }) }
  }
  afterEach(() => vi.unstubAllEnvs())

  it.each(['22.18.0', '22.20.1', '24.0.0'])('is this one when it is %s', async (current) => {
    expect(await find(current, '')).toEqual({ said: [], found: process.execPath })
  })

  it.each(['18.20.0', '20.20.2', '22.17.9'])(
    'is asked from npm once when this one is %s',
    async (current) => {
      const node = await otherNode('new-node', '24.1.0')
      expect(await find(current, node)).toEqual({ said: [expect.stringContaining(current)], found: node })
      expect(await find(current, '')).toEqual({ said: [], found: node })
    },
  )

  it('is checked: npm may give an old one, and the one found before may be gone', async () => {
    const node = await otherNode('new-node', '24.1.0')
    await find('20.0.0', node)
    await otherNode('new-node', '20.1.0')
    await expect(find('20.0.0', node)).rejects.toThrow(
      'HomeClaw needs Node 22.18 or newer. This one is 20.0.0, and npm gave 20.1.0.',
    )
    await rm(node)
    await expect(find('20.0.0', node)).rejects.toThrow('npm gave nothing')
  })
})

describe('what is built', () => {
  /** Stands for Vite: builds what the folder that it is called in is for. */
  const VITE = `const { appendFileSync, mkdirSync, readFileSync, writeFileSync } = require('fs')
    appendFileSync('../builds', 'core ')
    mkdirSync('../dist', { recursive: true })
    writeFileSync('../dist/main.js', readFileSync('main.ts'))`

  const builds = (): Promise<string> => readFile(join(root, 'builds'), 'utf8')

  async function makeSources(main: string): Promise<void> {
    await makeInstalledClone('')
    await write('package-lock.json', '{}')
    await write('core/vite.config.ts', '')
    await write('core/main.ts', main)
    await write('node_modules/vite/package.json', '{}')
    await write('node_modules/vite/bin/vite.js', VITE)
  }

  it('is so when a source is newer, also one far down or a package, and not again', async () => {
    await makeSources('console.log("started")')
    expect((await launch('start').ended).output).toMatch(/Building Core[^]*Built Core[^]*started/)
    expect((await launch('start').ended).output).toBe('started\n')
    expect(await builds()).toBe('core ')
    await write('core/deep/other.ts', '// changed')
    expect((await launch('start').ended).output).toMatch(/Built Core[^]*started/)
    await write('package-lock.json', '{ }')
    expect((await launch('start').ended).output).toMatch(/Built Core[^]*started/)
    expect((await launch('start').ended).output).toBe('started\n')
    expect(await builds()).toBe('core core core ')
  })

  it('is built anew when a build did not end, and its words are shown', async () => {
    await makeSources('console.log("started")')
    await write('node_modules/vite/bin/vite.js', `${VITE}; console.error('no such thing'); process.exit(3)`)
    expect(await launch('start').ended).toMatchObject({
      code: 3,
      output: expect.stringMatching(/no such thing\nCore could not be built\.\n$/),
    })
    await write('node_modules/vite/bin/vite.js', VITE)
    expect((await launch('start').ended).output).toMatch(/Built Core[^]*started/)
  })

  it('is built by one of two starts, while the other waits for it', async () => {
    await makeSources('console.log("started")')
    await write('node_modules/vite/bin/vite.js', `setTimeout(() => { ${VITE} }, 500)`)
    const both = await Promise.all([launch('start').ended, launch('start').ended])
    expect(both.map(({ code }) => code)).toEqual([0, 0])
    expect(both.every(({ output }) => output.endsWith('started\n'))).toBe(true)
    expect(await builds()).toBe('core ')
  })

  it('is the web page as well', async () => {
    await makeInstalledClone('console.log("started")')
    await write('channels/webchat/vite.config.ts', '')
    await write('channels/webchat/src/main.ts', '')
    await write('node_modules/vite/package.json', '{}')
    await write(
      'node_modules/vite/bin/vite.js',
      `require('fs').mkdirSync('dist', { recursive: true }); require('fs').writeFileSync('dist/index.html', process.cwd() + ' ' + process.env.NODE_ENV)`,
    )
    expect((await launch('start').ended).output).toMatch(/Built the web page[^]*started/)
    const built = await readFile(join(root, 'channels/webchat/dist/index.html'), 'utf8')
    expect(built).toMatch(/webchat production$/)
    expect((await launch('start').ended).output).toBe('started\n')
    await write('channels/webchat/src/main.ts', '// changed')
    expect((await launch('start').ended).output).toContain('Built the web page')
  })

  it('says so when it cannot be written', async () => {
    await makeSources('console.log("started")')
    await rm(join(root, 'node_modules'), { recursive: true })
    await write('node_modules', '')
    const { code, output } = await launch('start').ended
    expect(code).toBe(1)
    expect(output).toMatch(/^HomeClaw cannot be prepared in .*: (ENOTDIR|EEXIST)/)
  })
})
