/**
 * A real Core in a home of its own, for tests, benches and proofs.
 * @module
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const MAIN = fileURLToPath(new URL('../main.ts', import.meta.url))
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

export interface RunningCore {
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
  /** SIGTERM; fails when it does not end within 5 s. Removes the home unless it was given. */
  stop(): Promise<void>
  /** SIGKILL; the home stays. */
  kill(): Promise<void>
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
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  })
  const printed = collect(child)
  const url = `http://127.0.0.1:${at}`
  await untilReady(url, child, printed)
  return {
    ...client(url, key),
    url,
    port: at,
    key,
    home: folder,
    pid: child.pid ?? 0,
    readyAfter: performance.now() - started,
    log: printed,
    async stop() {
      await end(child, 'SIGTERM', printed)
      if (home === undefined) rmSync(folder, { recursive: true, force: true, maxRetries: 3 })
    },
    kill: () => end(child, 'SIGKILL', printed),
    remove: () => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }),
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
    if (child.exitCode !== null)
      throw new Error(`Core ended with ${child.exitCode} at its start:\n${printed()}`)
    const ready = await fetch(`${url}/ready`).then(
      (answer) => answer.ok,
      () => false,
    )
    if (ready) return
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  child.kill('SIGKILL')
  throw new Error(`Core was not ready within ${READY_MS} ms:\n${printed()}`)
}

async function end(child: ChildProcess, signal: 'SIGTERM' | 'SIGKILL', printed: () => string): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  child.kill(signal)
  const late = setTimeout(() => child.kill('SIGKILL'), STOP_MS)
  const [, killedBy] = await ended
  clearTimeout(late)
  if (signal === 'SIGTERM' && killedBy === 'SIGKILL')
    throw new Error(`Core did not stop within ${STOP_MS} ms:\n${printed()}`)
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
