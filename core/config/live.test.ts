import {
  mkdtemp,
  mkdir,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  symlink,
  writeFile,
  chmod,
  lstat,
} from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { pino } from 'pino'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { prepareHome, writeWhole } from './files.ts'
import { type LiveConfig, watchConfig } from './live.ts'
import { loadConfig } from './load.ts'
import type { Config } from './schema.ts'
import { until } from '../testing/until.ts'

const DEFAULTS = join(import.meta.dirname, '../../config')
let home: string
let live: LiveConfig | undefined
let lines: string[]

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'homeclaw-live-'))
  lines = []
})
afterEach(async () => {
  live?.close()
  await rm(home, { recursive: true })
})

const file = (name: string) => join(home, 'config', name)
const logged = (text: string) => lines.filter((line) => line.includes(text))

async function start(core: string, users = ''): Promise<LiveConfig> {
  await mkdir(join(home, 'config'))
  await writeFile(file('core.yml'), core)
  await writeFile(file('user.yml'), users)
  const stream = new Writable({
    write(chunk, _, done) {
      lines.push(String(chunk))
      done()
    },
  })
  live = watchConfig({ home, env: {}, log: pino({}, stream), first: loadConfig(home, {}) })
  return live
}

describe('an empty home', () => {
  test('gets folders and defaults that are a working configuration', async () => {
    await prepareHome(home, DEFAULTS)
    expect(await readdir(home)).toEqual(['config', 'database', 'workspace'])
    const { core, users } = loadConfig(home, {})
    expect(users).toMatchObject([{ id: 'me', name: 'Me' }])
    expect(core).toMatchObject({
      host: '127.0.0.1',
      port: 9000,
      auth_enabled: true,
      auth_api_key: '',
      model: 'auto',
      companions: [
        { id: 'friend', enabled: true, plugin_id: 'friends', session_id_value: 'friend', keyword: 'Veda' },
      ],
      plugins: { friends: { start: true, memory: ['own'], model: true } },
    })
    expect(loadConfig(home, { HOMECLAW_API_KEY: 'k' }).core.auth_api_key).toBe('k')
  })

  test('what is there is never overwritten', async () => {
    await mkdir(join(home, 'config'))
    await writeFile(file('user.yml'), 'users: []')
    await prepareHome(home, DEFAULTS)
    await prepareHome(home, DEFAULTS)
    expect(await readFile(file('user.yml'), 'utf8')).toBe('users: []')
    expect(await readFile(file('core.yml'), 'utf8')).toBe(await readFile(join(DEFAULTS, 'core.yml'), 'utf8'))
  })
})

describe('edits on disk', () => {
  test('are seen without a restart, also when an editor replaces the file', async () => {
    const { current, onChange } = await start('', 'users: [{ name: A }]')
    const seen: Config[] = []
    onChange((config) => seen.push(config))
    await writeFile(file('user.yml'), 'users: [{ name: B }]')
    await until(() => expect(current().users[0]?.name).toBe('B'))
    await writeFile(file('user.yml.new'), 'users: [{ name: C }]')
    await rename(file('user.yml.new'), file('user.yml'))
    await until(() => expect(current().users[0]?.name).toBe('C'))
    await writeFile(file('core.yml'), 'model: none')
    await until(() => expect(current().core.model).toBe('none'))
    expect(seen.at(-1)).toBe(current())
  })

  test('with faults keep the last good configuration and are logged once', async () => {
    const { current, reload } = await start('model: none')
    const before = current()
    await writeFile(file('core.yml'), '\nmodle: auto')
    await until(() => expect(logged('modle')).toHaveLength(1))
    reload()
    reload()
    expect(logged('modle')).toHaveLength(1)
    expect(logged('"line":2')).toHaveLength(1)
    expect(current()).toBe(before)
    await rm(file('core.yml'))
    reload()
    expect(logged('is missing')).toHaveLength(1)
    await writeFile(file('core.yml'), 'model: auto')
    reload()
    expect(current().core.model).toBe('auto')
  })

  test('that leave nothing of a file do not take people and friends away', async () => {
    const { current, reload } = await start('plugins: { a: { start: false } }', 'users: [{ name: A }]')
    const before = current()
    await writeFile(file('core.yml'), '')
    await writeFile(file('user.yml'), '')
    reload()
    expect(current()).toBe(before)
    expect(logged('has become empty')).toHaveLength(1)
    await writeFile(file('core.yml'), '# nothing')
    await writeFile(file('user.yml'), '# nobody')
    reload()
    expect(current()).toMatchObject({ core: { plugins: {} }, users: [] })
  })

  test('of keys that need a restart are announced and do not take effect; the others do', async () => {
    const { current, reload } = await start('port: 1\nplugins: { a: { start: true } }')
    const started =
      'host: "::1"\nport: 2\nauth_enabled: false\nlog_level: debug\nmemory: { enabled: false }\n'
    await writeFile(
      file('core.yml'),
      `${started}plugins: { a: { start: false, model: true }, b: {} }\nmodel: none`,
    )
    reload()
    reload()
    expect(current().core).toMatchObject({
      host: '127.0.0.1',
      port: 1,
      auth_enabled: true,
      log_level: 'info',
      memory: { enabled: true },
      model: 'none',
      plugins: { a: { start: false, model: true }, b: { start: true } },
    })
    const [line, ...more] = logged('takes effect at the next start')
    expect(more).toEqual([])
    expect(JSON.parse(line ?? '').keys).toEqual(['host', 'port', 'auth_enabled', 'log_level', 'memory'])
    expect(() => Object.assign(current().core, { port: 3 })).toThrow(TypeError)
  })

  test('that change nothing tell nobody; a listener that fails keeps no other from hearing', async () => {
    const { onChange, reload } = await start('')
    const heard: string[] = []
    onChange(() => {
      throw new Error('deaf')
    })
    const undo = onChange(() => heard.push('x'))
    await writeFile(file('core.yml'), '# a comment')
    reload()
    expect(heard).toEqual([])
    await writeFile(file('core.yml'), 'model: none')
    reload()
    expect(heard).toEqual(['x'])
    expect(logged('deaf')).toHaveLength(1)
    undo()
    await writeFile(file('core.yml'), 'model: auto')
    reload()
    expect(heard).toEqual(['x'])
  })
})

test('a file is replaced as a whole: mode and link stay, no draft is left', async () => {
  await writeFile(join(home, 'real.yml'), 'old')
  await chmod(join(home, 'real.yml'), 0o600)
  await symlink('real.yml', join(home, 'link.yml'))
  await writeWhole(join(home, 'link.yml'), 'new')
  expect(await readFile(join(home, 'real.yml'), 'utf8')).toBe('new')
  expect((await stat(join(home, 'real.yml'))).mode & 0o777).toBe(0o600)
  expect((await lstat(join(home, 'link.yml'))).isSymbolicLink()).toBe(true)
  expect(await readdir(home)).toEqual(['link.yml', 'real.yml'])
})
