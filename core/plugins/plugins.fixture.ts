import { type ChildProcess, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { once } from 'node:events'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { serve } from '@hono/node-server'
import { Hono } from 'hono'
import { pino } from 'pino'
import {
  type CompanionEntry,
  type PluginEntry,
  type PluginRequest,
  type Registration,
  registration,
} from '#contract'
import { type CompanionConfig, type PluginConfig, pluginConfig } from '../config/schema.ts'
import { openDatabase } from '../database.ts'
import { Problem, toDocument } from '../errors.ts'
import type { Caller, Env } from '../http/env.ts'
import { pluginRoutes } from '../http/plugins.ts'
import { createOutbound } from '../outbound.ts'
import { createPlugins, pluginMigrations } from './create.ts'
import type { Plugins } from './plugins.ts'

/** Where `plugin.fixture.mjs` lies; its arguments are a mode and the folder where it writes its id down. */
export const SCRIPT = join(import.meta.dirname, 'plugin.fixture.mjs')

export const OWNER_KEY = 'the owner key'

export interface Start {
  readonly pid: number
  readonly cwd: string
  readonly env: Record<string, string>
}

/** What any of the routes may answer. */
interface Answer {
  readonly status: number
  readonly body: {
    readonly token: string
    readonly plugins: PluginEntry[]
    readonly companions: CompanionEntry[]
    readonly ok: boolean
    readonly code: string
    readonly detail: string
    readonly errors: unknown[]
  }
}

/** A Core as far as plugins see it, in a temporary home: real HTTP, real SQLite, real processes. */
export interface TestCore {
  plugins: Plugins
  readonly url: string
  readonly home: string
  readonly logged: string[]
  readonly companions: CompanionConfig[]
  /** plugin_hosts of core.yml. */
  hosts: string[]
  /** Changes core.yml and applies it. */
  configure(plugins: Record<string, Partial<PluginConfig>>): void
  /** Puts external_plugins/<id>/ there. */
  place(id: string, mode?: string, more?: Record<string, unknown>): string
  /** Starts the same script by hand; resolves with its address. */
  byHand(
    mode?: string,
    env?: Record<string, string>,
  ): Promise<{ base: string; child: ChildProcess; pid: number }>
  register(id: string, base: string, more?: Partial<Registration['config']>): Promise<string>
  request(method: string, path: string, key?: string, body?: unknown): Promise<Answer>
  /** As after a crash of Core: the same home, the same database. */
  restart(): Promise<void>
  /** Ends everything. @throws when a process is left behind */
  close(): Promise<void>
}

export async function startCore(): Promise<TestCore> {
  const home = mkdtempSync(join(tmpdir(), 'homeclaw-plugins-'))
  const pids = join(home, 'pids')
  const folder = join(home, 'external_plugins')
  for (const path of [pids, folder, join(home, 'database')]) mkdirSync(path)
  const logged: string[] = []
  const log = pino({ level: 'debug', base: null }, { write: (line: string) => void logged.push(line) })
  const hands: ChildProcess[] = []
  const companions: CompanionConfig[] = []
  let config: Record<string, PluginConfig> = {}

  let database = openDatabase(join(home, 'database', 'core.db'), pluginMigrations)
  const server = serve({ fetch: (request, env) => app.fetch(request, env), port: 0, hostname: '127.0.0.1' })
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const open = (): Plugins =>
    createPlugins({
      database,
      secret: 'a secret',
      config: () => ({ plugins: config }),
      outbound: createOutbound(() => core.hosts),
      folders: [folder],
      home: { config: join(home, 'config'), database: join(home, 'database') },
      coreUrl: () => url,
      environment: { PATH: '/usr/bin:/bin', HOME: home, TZ: 'UTC', SECRET_OF_CORE: 'secret' },
      execPath: process.execPath,
      modelUse: () => ({ calls: 0, tokens: 0 }),
      log,
    })
  const core: TestCore = {
    plugins: open(),
    url,
    home,
    logged,
    companions,
    hosts: [],
    configure(plugins) {
      config = Object.fromEntries(
        Object.entries(plugins).map(([id, plugin]) => [id, pluginConfig.parse(plugin)]),
      )
      core.plugins.applyConfig()
    },
    place: (id, mode = 'good', more = {}) => place(join(folder, id), [mode, pids], { id, ...more }),
    byHand: (mode = 'good', env = {}) => startByHand(hands, [SCRIPT, mode, pids], env),
    async register(id, base, more = {}) {
      const { token } = await core.plugins.register(registrationOf(id, base, more), 'owner')
      return token
    },
    request: (method, path, key, body) => request(method, url + path, key, body),
    async restart() {
      await core.plugins.close()
      database.close()
      database = openDatabase(join(home, 'database', 'core.db'), pluginMigrations)
      core.plugins = open()
      app = createApp(core)
      core.plugins.applyConfig()
    },
    async close() {
      await core.plugins.close()
      for (const child of hands) child.kill('SIGKILL')
      server.close()
      database.close()
      const left = await livingAfter(2_000, pids)
      for (const pid of left) process.kill(pid, 'SIGKILL')
      rmSync(home, { recursive: true, force: true })
      if (left.length > 0) throw new Error(`processes left behind: ${left.join(', ')}`)
    },
  }
  let app = createApp(core)
  return core
}

function place(path: string, args: string[], more: { id: string } & Record<string, unknown>): string {
  mkdirSync(path, { recursive: true })
  const manifest = {
    name: 'Manifest name',
    command: ['node', SCRIPT, ...args],
    port: freePort(),
    env: { ID: more.id },
    ...more,
  }
  writeFileSync(join(path, 'plugin.yml'), JSON.stringify(manifest))
  return path
}

async function startByHand(
  hands: ChildProcess[],
  args: string[],
  env: Record<string, string>,
): Promise<{ base: string; child: ChildProcess; pid: number }> {
  const child = spawn(process.execPath, args, {
    env: { PORT: '0', ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  hands.push(child)
  const [line] = (await once(child.stdout, 'data')) as [Buffer]
  return { base: line.toString().trim(), child, pid: child.pid ?? 0 }
}

async function request(method: string, url: string, key: string | undefined, body: unknown): Promise<Answer> {
  const response = await fetch(url, {
    method,
    headers: key === undefined ? {} : { authorization: `Bearer ${key}` },
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  })
  return { status: response.status, body: (await response.json()) as Answer['body'] }
}

function createApp(core: TestCore): Hono<Env> {
  const app = new Hono<Env>()
  app.use('*', async (c, next) => {
    const key = c.req.header('authorization')?.slice('Bearer '.length) ?? ''
    const caller = callerOf(key, core.plugins)
    if (!caller) return c.json({ error: 'no key' }, 401)
    c.set('caller', caller)
    await next()
  })
  app.route('/', pluginRoutes({ plugins: core.plugins, companions: () => core.companions }))
  app.onError((error, c) => {
    if (!(error instanceof Problem)) throw error
    return c.json(toDocument(error), error.status as 400)
  })
  return app
}

function callerOf(key: string, plugins: Plugins): Caller | undefined {
  if (key === OWNER_KEY) return { kind: 'owner' }
  if (key === 'ann') return { kind: 'user', user_id: 'ann' }
  if (key === 'telegram') return { kind: 'channel', channel: 'telegram' }
  const plugin_id = plugins.authenticate(key)
  return plugin_id === undefined ? undefined : { kind: 'plugin', plugin_id }
}

export const registrationOf = (
  id: string,
  base: string,
  more: Partial<Registration['config']> = {},
): Registration =>
  registration.parse({
    plugin_id: id,
    name: 'Test',
    health_check_url: `${base}/health`,
    type: 'http',
    config: { base_url: base, timeout_sec: 5, ...more },
  })

let requests = 0
export const requestOf = (user_input: string): PluginRequest => ({
  request_id: `request-${++requests}`,
  plugin_id: 'test',
  user_input,
  user_id: 'ann',
  user_name: 'Ann',
  channel_name: 'webchat',
  channel_type: 'webchat',
  app_id: 'homeclaw',
  metadata: {},
})

async function livingAfter(ms: number, pids: string): Promise<number[]> {
  const until = performance.now() + ms
  while (performance.now() < until && alive(pids).length > 0) await pause(20)
  return alive(pids)
}

/** Ids of processes that wrote themselves down and still live. */
function alive(folder: string): number[] {
  return readdirSync(folder)
    .map(Number)
    .filter((pid) => {
      try {
        return process.kill(pid, 0)
      } catch {
        return false
      }
    })
}

let nextPort = 30_000 + (process.pid % 10_000)
export const freePort = (): number => nextPort++

/** Holds a free port until it is released. */
export async function occupyPort(): Promise<{ port: number; release: () => void }> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { port: (server.address() as AddressInfo).port, release: () => void server.close() }
}
