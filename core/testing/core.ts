/**
 * A real Core in a home of its own, for tests, benches and proofs.
 * @module
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** As it is built: what is tested is what runs. */
const MAIN = fileURLToPath(new URL('../../dist/main.js', import.meta.url))
const READY_MS = 20_000
const STOP_MS = 5_000

export interface CoreOptions {
  /** config/core.yml and config/user.yml; without them the defaults of the repository. */
  readonly coreYml?: string
  readonly userYml?: string
  readonly env?: Readonly<Record<string, string>>
  /** An existing home, which is then kept at the end. */
  readonly home?: string
  readonly port?: number
}

export interface Answer {
  readonly status: number
  // eslint-disable-next-line typescript/no-explicit-any
  readonly body: any
  readonly headers: Headers
}

/** `await using core = await startCore()` ends it, and whatever it started, and removes a home that was made for it. */
export interface RunningCore extends AsyncDisposable {
  readonly url: string
  readonly port: number
  readonly key: string
  readonly home: string
  readonly pid: number
  /** From the start of the process until `/ready` said 200, in ms. */
  readonly readyAfter: number
  get(path: string): Promise<Answer>
  post(path: string, body: unknown): Promise<Answer>
  send(method: string, path: string, body?: unknown): Promise<Answer>
  inbound(message: object): Promise<Answer>
  /** Any text as the body. */
  raw(path: string, body: string): Promise<Answer>
  /** The events of an SSE answer of `/inbound`. */
  stream(message: object): Promise<Record<string, unknown>[]>
  /** All that it has printed, log included. */
  log(): string
  /**
   * Ends it as Ctrl-C does; removes the home unless it was given.
   * @throws Error unless it ends well within 5 s, with everything it started
   */
  stop(): Promise<void>
  /** Ends it as a power cut does; the home stays. */
  kill(): Promise<void>
  /** Resolves when nothing that it started runs any more. @throws Error when something does after 5 s */
  childrenGone(): Promise<void>
  /** Removes the home. */
  remove(): void
}

/** Starts Core and waits until it is ready. */
export async function startCore({
  coreYml,
  userYml,
  env = {},
  home,
  port,
}: CoreOptions = {}): Promise<RunningCore> {
  const folder = home ?? mkdtempSync(join(tmpdir(), 'homeclaw-core-'))
  mkdirSync(join(folder, 'config'), { recursive: true })
  if (coreYml !== undefined) writeFileSync(join(folder, 'config/core.yml'), coreYml)
  if (userYml !== undefined) writeFileSync(join(folder, 'config/user.yml'), userYml)
  const at = port ?? (await freePort())
  const key = 'test-owner-key'
  const started = performance.now()
  const child = spawn(process.execPath, [MAIN], {
    env: {
      PATH: process.env['PATH'],
      NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'],
      HOMECLAW_HOME: folder,
      HOMECLAW_PORT: String(at),
      HOMECLAW_API_KEY: key,
      ...env,
    },
    // The IPC channel ends it when we are gone; in a group of its own we see what it started beside plugins.
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    detached: true,
  })
  const pid = child.pid ?? 0
  const printed = collect(child)
  const url = `http://127.0.0.1:${at}`
  const remove = (): void => rmSync(folder, { recursive: true, force: true, maxRetries: 3 })
  async function dispose(): Promise<void> {
    if (isRunning(child)) await end(child, 'SIGKILL', printed)
    if (isGroupAlive(pid)) process.kill(-pid, 'SIGKILL')
    for (const plugin of pluginsOf(url)) process.kill(plugin, 'SIGKILL')
    if (home === undefined) remove()
  }
  try {
    await untilReady(url, child, printed)
  } catch (cause) {
    await dispose()
    throw cause
  }
  return {
    ...client(url, key),
    url,
    port: at,
    key,
    home: folder,
    pid,
    readyAfter: performance.now() - started,
    log: printed,
    async stop() {
      await end(child, 'SIGTERM', printed)
      await childrenGone(pid, url)
      if (home === undefined) remove()
    },
    kill: () => end(child, 'SIGKILL', printed),
    childrenGone: () => childrenGone(pid, url),
    remove,
    [Symbol.asyncDispose]: dispose,
  }
}

function client(
  url: string,
  key: string,
): Pick<RunningCore, 'get' | 'post' | 'send' | 'inbound' | 'raw' | 'stream'> {
  const headers = { 'X-API-Key': key, 'Content-Type': 'application/json' }
  async function raw(path: string, body: string | undefined, method: string): Promise<Answer> {
    const answer = await fetch(`${url}${path}`, { method, headers, ...(body !== undefined && { body }) })
    const text = await answer.text()
    return {
      status: answer.status,
      body: text === '' ? undefined : JSON.parse(text),
      headers: answer.headers,
    }
  }
  const send = (method: string, path: string, body?: unknown): Promise<Answer> =>
    raw(path, body === undefined ? undefined : JSON.stringify(body), method)
  return {
    send,
    get: (path) => send('GET', path),
    post: (path, body) => send('POST', path, body),
    inbound: (message) => send('POST', '/inbound', message),
    raw: (path, body) => raw(path, body, 'POST'),
    async stream(message) {
      const body = JSON.stringify({ ...message, stream: true })
      const answer = await fetch(`${url}/inbound`, { method: 'POST', headers, body })
      const lines = (await answer.text()).split('\n').filter((line) => line.startsWith('data: '))
      return lines.map((line) => JSON.parse(line.slice('data: '.length)))
    },
  }
}

function collect(child: ChildProcess): () => string {
  const pieces: string[] = []
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (piece) => pieces.push(String(piece)))
  return () => pieces.join('')
}

async function untilReady(url: string, child: ChildProcess, printed: () => string): Promise<void> {
  const deadline = performance.now() + READY_MS
  while (performance.now() < deadline) {
    if (!isRunning(child))
      throw new Error(`Core ended with ${child.exitCode ?? child.signalCode} at its start:\n${printed()}`)
    const ready = await fetch(`${url}/ready`).then(
      (answer) => answer.ok,
      () => false,
    )
    if (ready) return
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  throw new Error(`Core was not ready within ${READY_MS} ms:\n${printed()}`)
}

async function end(child: ChildProcess, signal: 'SIGTERM' | 'SIGKILL', printed: () => string): Promise<void> {
  if (!isRunning(child)) {
    if (child.exitCode) throw new Error(`Core had ended with ${child.exitCode}:\n${printed()}`)
    return
  }
  const ended = once(child, 'exit')
  child.kill(signal)
  const late = setTimeout(() => child.kill('SIGKILL'), STOP_MS)
  const [code, killedBy] = await ended
  clearTimeout(late)
  if (signal === 'SIGKILL') return
  if (killedBy === 'SIGKILL') throw new Error(`Core did not stop within ${STOP_MS} ms:\n${printed()}`)
  if (code !== 0) throw new Error(`Core ended with ${code ?? killedBy}:\n${printed()}`)
}

const isRunning = (child: ChildProcess): boolean => child.exitCode === null && child.signalCode === null

async function childrenGone(group: number, url: string): Promise<void> {
  const deadline = performance.now() + STOP_MS
  while (isGroupAlive(group) || pluginsOf(url).length > 0) {
    if (performance.now() > deadline) throw new Error(`What Core (${group}) started is still running`)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

/** Each plugin has a group of its own; what it starts has the environment that Core gave it. Linux alone can tell. */
function pluginsOf(url: string): number[] {
  const pids = existsSync('/proc/self/environ')
    ? readdirSync('/proc').filter((name) => /^\d+$/.test(name))
    : []
  return pids.filter((pid) => environmentOf(pid).includes(`CORE_URL=${url}\0`)).map(Number)
}

/** Empty for what is not ours, or has just ended. */
function environmentOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8')
  } catch {
    return ''
  }
}

function isGroupAlive(group: number): boolean {
  try {
    return process.kill(-group, 0)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false
    throw error
  }
}

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}
