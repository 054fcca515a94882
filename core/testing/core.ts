import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'

const repository = resolve(import.meta.dirname, '../..')
const START_DEADLINE = 15_000
const STOP_DEADLINE = 5_000

export interface CoreOptions {
  /** The whole of config/core.yml, as an object or as text. Left out: the defaults, with the Friends plugin. */
  readonly config?: object | string
  /** The people of config/user.yml. Left out: the default one. */
  readonly users?: readonly object[]
  readonly env?: NodeJS.ProcessEnv
  /** A home that is kept, and may hold what an earlier Core left. Left out: a new one, removed at the end. */
  readonly home?: string
  readonly port?: number
}

export interface Answer {
  readonly status: number
  readonly text: string
  readonly body: Record<string, unknown>
}

/** A real Core, as a process of its own. */
export interface RunningCore extends AsyncDisposable {
  readonly url: string
  readonly port: number
  /** The owner key. */
  readonly key: string
  readonly home: string
  readonly pid: number
  /** From the start of the process until it was ready, in ms. */
  readonly readyAfter: number
  /** Resolves when the process has ended, however. */
  readonly ended: Promise<{ code: number | null; signal: NodeJS.Signals | null }>
  /** What it has written so far. */
  log(): string
  /** With the owner key, unless `init` has another. */
  fetch(path: string, init?: RequestInit): Promise<Response>
  /** `POST /inbound` */
  inbound(message: object): Promise<Answer>
  /** Ends it as Ctrl-C does. @throws Error unless it ends well, with all it started, within 5 s */
  stop(): Promise<void>
  /** Ends it as a power cut does; its home stays, for the next start. */
  kill(): Promise<void>
  /** Resolves when nothing that it started runs any more. @throws Error when something does after 5 s */
  childrenGone(): Promise<void>
}

/** Starts core/main.ts and resolves when it is ready. `await using core = await startCore()` cleans up after itself. */
export async function startCore(options: CoreOptions = {}): Promise<RunningCore> {
  const home = options.home ?? (await mkdtemp(join(tmpdir(), 'homeclaw-core-')))
  const port = options.port ?? (await freePort())
  const key = 'test-owner-key'
  await writeConfig(home, options)

  const started = performance.now()
  const child = spawn(process.execPath, [join(repository, 'core/main.ts')], {
    cwd: repository,
    env: {
      ...ownEnv(),
      HOMECLAW_HOME: home,
      HOMECLAW_PORT: String(port),
      HOMECLAW_API_KEY: key,
      ...options.env,
    },
    // The IPC channel ends it when we are gone; the group of its own lets us see and end all that it started.
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    detached: true,
  })
  const core = control(child, { home, port, key, keepHome: options.home !== undefined })
  try {
    await untilReady(core)
  } catch (cause) {
    await core[Symbol.asyncDispose]()
    throw cause
  }
  return Object.assign(core, { readyAfter: performance.now() - started })
}

interface Where {
  readonly home: string
  readonly port: number
  readonly key: string
  readonly keepHome: boolean
}

function control(child: ChildProcess, { home, port, key, keepHome }: Where): Omit<RunningCore, 'readyAfter'> {
  const url = `http://127.0.0.1:${port}`
  const pid = child.pid ?? 0
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => (output += chunk))
  const ended = once(child, 'exit').then(([code, signal]) => ({ code, signal }))

  const request = (path: string, init: RequestInit = {}): Promise<Response> =>
    fetch(url + path, {
      ...init,
      headers: { 'X-API-Key': key, ...Object.fromEntries(new Headers(init.headers)) },
    })

  async function childrenGone(): Promise<void> {
    const deadline = Date.now() + STOP_DEADLINE
    while (isGroupAlive(pid)) {
      if (Date.now() > deadline) throw new Error(`Something that Core (${pid}) started is still running`)
      await pause(10)
    }
  }

  return {
    url,
    port,
    key,
    home,
    pid,
    ended,
    log: () => output,
    fetch: request,
    async inbound(message) {
      const response = await request('/inbound', {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify(message),
      })
      const body = (await response.json()) as Record<string, unknown>
      return { status: response.status, text: String(body['text']), body }
    },
    async stop() {
      child.kill('SIGTERM')
      const late = pause(STOP_DEADLINE, undefined, { ref: false })
      const end = await Promise.race([ended, late])
      if (!end) throw new Error(`Core did not stop within ${STOP_DEADLINE} ms\n${output}`)
      if (end.code !== 0) throw new Error(`Core ended with ${end.code ?? end.signal}\n${output}`)
      await childrenGone()
      if (!keepHome) await rm(home, { recursive: true, force: true })
    },
    async kill() {
      child.kill('SIGKILL')
      await ended
    },
    childrenGone,
    async [Symbol.asyncDispose]() {
      if (isGroupAlive(pid)) process.kill(-pid, 'SIGKILL')
      await ended
      if (!keepHome) await rm(home, { recursive: true, force: true })
    },
  }
}

async function untilReady(core: Omit<RunningCore, 'readyAfter'>): Promise<void> {
  const deadline = Date.now() + START_DEADLINE
  let end: Awaited<RunningCore['ended']> | undefined
  void core.ended.then((value) => (end = value))
  for (;;) {
    if (end) throw new Error(`Core ended with ${end.code ?? end.signal} before it was ready\n${core.log()}`)
    if (Date.now() > deadline) throw new Error(`Core was not ready in ${START_DEADLINE} ms\n${core.log()}`)
    if (await isReady(core.url)) return
    await pause(10)
  }
}

async function isReady(url: string): Promise<boolean> {
  try {
    const response = await fetch(`${url}/ready`)
    await response.body?.cancel()
    return response.ok
  } catch (error) {
    // Not listening yet.
    if (error instanceof TypeError) return false
    throw error
  }
}

async function writeConfig(home: string, { config, users }: CoreOptions): Promise<void> {
  const folder = join(home, 'config')
  await mkdir(folder, { recursive: true })
  // JSON is YAML.
  if (config)
    await writeFile(join(folder, 'core.yml'), typeof config === 'string' ? config : JSON.stringify(config))
  if (users) await writeFile(join(folder, 'user.yml'), JSON.stringify({ users }))
}

/** Ours, without what the test runner and an outer Core set. */
function ownEnv(): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(
    ([name]) => !/^(VITEST|NODE_ENV$|NODE_OPTIONS$|HOMECLAW_)/.test(name),
  )
  return {
    NODE_COMPILE_CACHE: join(repository, 'node_modules/.cache/compile'),
    ...Object.fromEntries(own),
    MALLOC_ARENA_MAX: '2',
  }
}

function isGroupAlive(pid: number): boolean {
  try {
    return process.kill(-pid, 0)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false
    throw error
  }
}

/** A port that nobody listens on. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  return typeof address === 'object' && address ? address.port : 0
}
