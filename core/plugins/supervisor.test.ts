import { spawn } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  freePort,
  occupyPort,
  requestOf,
  SCRIPT,
  type Start,
  startCore,
  type TestCore,
} from './plugins.fixture.ts'
import { until } from '../testing/until.ts'

let core: TestCore
beforeEach(async () => {
  core = await startCore()
})
afterEach(async () => {
  await core.close()
})

const starts = (): Start[] =>
  existsSync(join(core.home, 'starts.jsonl'))
    ? readFileSync(join(core.home, 'starts.jsonl'), 'utf8')
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as Start)
    : []
const living = (): string[] =>
  readdirSync(join(core.home, 'pids')).filter((pid) => existsSync(`/proc/${pid}`))
const lastStart = (): Start => starts().at(-1) as Start
const ready = (id = 'test') => until(() => expect(core.plugins.state(id)).toBe('ready'), { interval: 5 })
const ended = (pid: number) => until(() => expect(() => process.kill(pid, 0)).toThrow('ESRCH'))

describe('a plugin of external_plugins', () => {
  it('is started, registers itself with its own token, and answers', async () => {
    core.place('test')
    core.configure({ test: {} })
    expect(core.plugins.state('test')).toBe('starting')
    expect(core.plugins.list()).toMatchObject([{ plugin_id: 'test', state: 'starting' }])
    await core.plugins.settled()
    expect(core.plugins.state('test')).toBe('ready')
    expect(core.plugins.name('test')).toBe('Test')
    const result = await core.plugins.call('test', requestOf('auth'))
    expect(result.text).toBe(`Bearer ${lastStart().env['CORE_API_KEY']}`)
    expect(core.plugins.authenticate(lastStart().env['CORE_API_KEY'] ?? '')).toBe('test')
  })

  it('sees nothing of the environment of Core but a few names', async () => {
    const folder = core.place('test', 'good', { env: { ID: 'test', OWN: 1, CORE_URL: 'http://elsewhere' } })
    core.configure({ test: {} })
    await core.plugins.settled()
    const { env, cwd } = lastStart()
    expect(realpathSync(cwd)).toBe(realpathSync(folder))
    expect(env).toMatchObject({
      ID: 'test',
      OWN: '1',
      CORE_URL: core.url,
      PLUGIN_DATA: join(core.home, 'database', 'test_store'),
      PLUGIN_CONFIG: join(core.home, 'config', 'test.yml'),
      HOMECLAW_SUPERVISED: '1',
    })
    const known = ['PATH', 'HOME', 'LANG', 'TZ', 'NODE_COMPILE_CACHE', 'MALLOC_ARENA_MAX', 'CORE_API_KEY']
    const own = ['ID', 'OWN', 'CORE_URL', 'PLUGIN_DATA', 'PLUGIN_CONFIG', 'HOMECLAW_SUPERVISED', 'PORT']
    expect(Object.keys(env).filter((name) => ![...known, ...own].includes(name))).toEqual([])
  })

  it.runIf(process.platform === 'linux')('goes before Core when the machine has no memory left', async () => {
    core.place('test')
    core.configure({ test: {} })
    await core.plugins.settled()
    const file = `/proc/${lastStart().pid}/oom_score_adj`
    await until(() => expect(readFileSync(file, 'utf8')).toBe('500\n'))
  })

  it('killed with -9 is back by itself, with a new token', async () => {
    core.place('test')
    core.configure({ test: {} })
    await core.plugins.settled()
    const { pid, env } = lastStart()
    process.kill(pid, 'SIGKILL')
    await until(() => expect(core.plugins.state('test')).not.toBe('ready'), { interval: 1 })
    await expect(core.plugins.call('test', requestOf('ok'))).rejects.toMatchObject({ code: 'plugin_offline' })
    await ready()
    expect(await core.plugins.call('test', requestOf('ok'))).toMatchObject({ text: 'ok' })
    expect(lastStart().pid).not.toBe(pid)
    expect(core.plugins.authenticate(env['CORE_API_KEY'] ?? '')).toBeUndefined()
    const old = await core.request('POST', '/api/plugins/register', env['CORE_API_KEY'], {})
    expect(old.status).toBe(401)
  })

  it('killed again and again is started again within 1 s each time', async () => {
    core.place('test')
    core.configure({ test: {} })
    await core.plugins.settled()
    for (let i = 0; i < 6; i++) {
      process.kill(lastStart().pid, 'SIGKILL')
      await until(() => expect(core.plugins.state('test')).not.toBe('ready'), { interval: 1 })
      await ready()
    }
    const waits = core.logged.flatMap((line) => (JSON.parse(line) as { again_ms?: number }).again_ms ?? [])
    expect(waits).toEqual([200, 400, 800, 1_000, 1_000, 1_000])
  })

  it('killed in the middle of a turn: the turn ends as offline at once', async () => {
    core.place('test')
    core.configure({ test: {} })
    await core.plugins.settled()
    const turn = core.plugins.call('test', requestOf('hang')).catch((error: { code: string }) => error.code)
    await until(async () =>
      expect(core.plugins.fetch('test', 'GET', '/seen')).resolves.toMatchObject({ runs: 1 }),
    )
    process.kill(lastStart().pid, 'SIGKILL')
    expect(await turn).toBe('plugin_offline')
    await ready()
  })
})

describe('the folder of a plugin', () => {
  it('is found by its folder even when that is written with -', async () => {
    core.place('quote-node', 'good', { env: { ID: 'quote-node' } })
    core.configure({ quote_node: {} })
    await core.plugins.settled()
    expect(core.plugins.state('quote-node')).toBe('ready')
    expect(lastStart().env['PLUGIN_DATA']).toBe(join(core.home, 'database', 'quote_node_store'))
  })
})

describe('the port of a plugin', () => {
  it('is the next free one when the usual one is taken', async () => {
    const { port, release } = await occupyPort()
    core.place('test', 'good', { port })
    core.configure({ test: {} })
    await core.plugins.settled()
    release()
    expect(core.plugins.state('test')).toBe('ready')
    expect(Number(lastStart().env['PORT'])).toBeGreaterThan(port)
  })

  it('is never given to two', async () => {
    const port = freePort()
    for (const id of ['one', 'two', 'three']) core.place(id, 'good', { port })
    core.configure({ one: {} })
    await until(() => expect(core.logged.join('')).toContain('plugin starts'), { interval: 1 })
    core.configure({ one: {}, two: {}, three: {} })
    await core.plugins.settled()
    expect(core.plugins.list().map(({ state }) => state)).toEqual(['ready', 'ready', 'ready'])
    expect(starts()).toHaveLength(3)
  })
})

describe('a plugin that does not start', () => {
  it('is tried again ever more slowly, then failed; settled does not wait for longer; a repaired one comes back', async () => {
    core.place('test', 'exits')
    core.configure({ test: {} })
    const begun = performance.now()
    await core.plugins.settled()
    expect(performance.now() - begun).toBeLessThan(10_000)
    await until(() => expect(core.plugins.state('test')).toBe('failed'))
    expect(starts().length).toBe(5)
    await expect(core.plugins.call('test', requestOf('ok'))).rejects.toMatchObject({ code: 'plugin_offline' })
    expect(core.logged.join('')).toContain('cannot start')
    core.place('test', 'good')
    await ready()
  })

  it.each([
    ['a program that is not there', { command: ['/nowhere/program'] }, 'ENOENT'],
    ['a program that is not in PATH', { command: ['no-such-program-here'] }, 'is not in PATH'],
    ['an unknown key', { comand: ['node'] }, 'comand'],
    ['an id that is not that of its folder', { id: 'other' }, 'the folder says'],
    ['an id that is a path', { id: '../test' }, 'letters, digits'],
  ])('because of %s says so in the log', async (_what, more, words) => {
    core.place('test', 'good', more)
    core.configure({ test: {} })
    await until(() => expect(core.logged.join('')).toContain(words))
    expect(core.plugins.state('test')).not.toBe('ready')
  })

  it('because plugin.yml is no YAML says so in the log', async () => {
    const folder = core.place('test')
    writeFileSync(join(folder, 'plugin.yml'), 'id: [')
    core.configure({ test: {} })
    await until(() => expect(core.logged.join('')).toContain('plugin.yml'))
  })

  it('and never registers stays "starting", and settled waits no longer than 5 s', async () => {
    core.place('test', 'silent')
    core.configure({ test: {} })
    await core.plugins.settled()
    expect(core.plugins.state('test')).toBe('starting')
  })

  it('because it is not there at all is one that somebody starts by hand', async () => {
    core.configure({ nowhere: {}, '../plugins': {} })
    await core.plugins.settled()
    expect(core.plugins.list()).toEqual([])
    const { base } = await core.byHand()
    await core.register('nowhere', base)
    expect(core.plugins.state('nowhere')).toBe('ready')
  })
})

describe('a plugin that is not up to its work', () => {
  it('in time is ended and started anew', async () => {
    core.place('test', 'silent', { ready_within_sec: 1.5 })
    core.configure({ test: {} })
    await until(() => expect(starts()).toHaveLength(2))
    expect(living()).toHaveLength(1)
    expect(core.logged.join('')).toContain('it was not ready for 1.5 s')
    core.place('test')
    await ready()
  })

  it('any more, because it hangs and calls time out, is ended and started anew', async () => {
    core.place('test', 'good', { ready_within_sec: 3, env: { ID: 'test', TIMEOUT: 0.2 } })
    core.configure({ test: {} })
    await core.plugins.settled()
    const { pid } = lastStart()
    process.kill(pid, 'SIGSTOP')
    for (const text of ['one', 'two'])
      await expect(core.plugins.call('test', requestOf(text))).rejects.toThrow('not running')
    await ready()
    expect(lastStart().pid).not.toBe(pid)
  })
})

describe('the order of starts', () => {
  it('is that of core.yml, two at a time', async () => {
    const ids = ['c', 'a', 'd', 'b']
    for (const id of ids) core.place(id, 'good', { env: { ID: id } })
    core.configure(Object.fromEntries(ids.map((id) => [id, {}])))
    await core.plugins.settled()
    expect(
      starts()
        .map(({ env }) => env['ID'])
        .sort(),
    ).toEqual(['a', 'b', 'c', 'd'])
    const said = core.logged.map(
      (line) => JSON.parse(line) as { plugin: string; msg: string; state?: string },
    )
    const begun = said.filter(({ msg }) => msg === 'plugin starts').map(({ plugin }) => plugin)
    expect(begun).toEqual(ids)
    const third = said.findIndex(({ plugin, msg }) => msg === 'plugin starts' && plugin === 'd')
    expect(said.slice(0, third).filter(({ state }) => state === 'ready').length).toBeGreaterThan(0)
  })
})

describe('stopping', () => {
  it('ends plugins, also one that ignores SIGTERM, and twice is harmless', async () => {
    core.place('test')
    core.place('stubborn', 'stubborn')
    core.configure({ test: {}, stubborn: {} })
    await core.plugins.settled()
    const pids = starts().map(({ pid }) => pid)
    expect(pids).toHaveLength(2)
    const begun = performance.now()
    await Promise.all([core.plugins.close(), core.plugins.close()])
    expect(performance.now() - begun).toBeLessThan(10_000)
    for (const pid of pids) expect(() => process.kill(pid, 0)).toThrow('ESRCH')
    await core.plugins.close()
    core.plugins.applyConfig()
    expect(starts()).toHaveLength(2)
  })

  it('works while they are still starting, and while they wait to be started again', async () => {
    core.place('test', 'silent')
    core.place('broken', 'exits')
    core.configure({ test: {}, broken: {} })
    await core.plugins.close()
    const begun = starts().length
    for (const { pid } of starts()) await ended(pid)
    await pause(500)
    expect(starts()).toHaveLength(begun)
  })

  it('by core.yml works live, in both directions, and takes the token away', async () => {
    core.place('test')
    core.configure({ test: {} })
    await core.plugins.settled()
    const { pid, env } = lastStart()
    core.configure({ test: { enabled: false } })
    expect(core.plugins.state('test')).toBe('offline')
    expect(core.plugins.authenticate(env['CORE_API_KEY'] ?? '')).toBeUndefined()
    await expect(core.plugins.call('test', requestOf('ok'))).rejects.toMatchObject({ code: 'plugin_offline' })
    await ended(pid)
    core.configure({ test: { enabled: true } })
    await ready()
    core.configure({ test: { start: false } })
    await ended(lastStart().pid)
    expect(core.plugins.state('test')).toBe('offline')
  })

  it('and starting again in one breath leaves one process', async () => {
    core.place('test')
    for (let i = 0; i < 5; i++) {
      core.configure({ test: {} })
      core.configure({ test: { enabled: false } })
    }
    core.configure({ test: {} })
    await ready()
    expect(living()).toHaveLength(1)
  })

  it('and starting again waits for the old process, so that there are never two', async () => {
    core.place('test', 'stubborn')
    core.configure({ test: {} })
    await core.plugins.settled()
    core.configure({ test: { enabled: false } })
    core.configure({ test: {} })
    await until(() => expect(starts()).toHaveLength(2), { interval: 2 })
    expect(living()).toHaveLength(1)
    expect(lastStart().env['PORT']).toBe(starts()[0]?.env['PORT'])
    await ready()
  })

  it('at any moment of a start leaves nothing behind', async () => {
    core.place('test')
    for (let moment = 0; moment < 24; moment++) {
      core.configure({ test: {} })
      for (let turn = 0; turn < moment; turn++) await new Promise(setImmediate)
      core.configure({ test: { enabled: false } })
    }
    await core.plugins.close()
    expect(living()).toEqual([])
  })

  it('ends also what a plugin has started itself', async () => {
    core.place('test', 'family')
    core.configure({ test: {} })
    await core.plugins.settled()
    await until(() => expect(living()).toHaveLength(2))
    core.configure({ test: { enabled: false } })
    await until(() => expect(living()).toEqual([]))
  })

  it('of Core by SIGKILL leaves no plugin behind, though it and its child hear nothing of that', async () => {
    const parent = spawn(process.execPath, ['--input-type=module', '-e', orphanage(core.home)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    await until(() => expect(living()).toHaveLength(2))
    parent.kill('SIGKILL')
    await until(() => expect(living()).toEqual([]))
  })
})

/** A Core in a process of its own that starts one plugin, with its last will. */
const orphanage = (home: string): string => `
  import { startChild } from '${import.meta.dirname}/child.ts'
  import { createLastWill } from '${import.meta.dirname}/last-will.ts'
  const command = [process.execPath, '${SCRIPT}', 'family', '${home}/pids']
  const env = { PORT: '0', HOMECLAW_SUPERVISED: '1' }
  createLastWill().add(startChild({ command, folder: '${home}', env, onLine: () => {} }).group)
`

describe('the output of a plugin', () => {
  it('goes to the log line by line, with its name, cut, without terminal codes, and not without end', async () => {
    core.place('test', 'noisy')
    core.configure({ test: {} })
    await core.plugins.settled()
    await until(() => expect(core.logged.join('')).toContain('line 150'))
    const lines = core.logged.map((line) => JSON.parse(line) as Record<string, string>)
    const own = lines.filter(({ plugin }) => plugin === 'test').map(({ msg }) => msg ?? '')
    expect(own).toContain('red "quoted"')
    expect(lines).toContainEqual({
      level: 40,
      time: expect.any(Number),
      plugin: 'test',
      turn: 7,
      msg: 'as Core writes',
    })
    expect(own).toContain('{"level":"toString","msg":"not quite"}')
    expect(Math.max(...own.map((line) => line.length))).toBeLessThan(2_010)
    expect(own.filter((line) => line.startsWith('line ')).length).toBeLessThan(450)
    expect(core.plugins.lines('test').map(({ text }) => text)).toContain('line 150')
  })
})
