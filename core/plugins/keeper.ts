import { setTimeout as pause } from 'node:timers/promises'
import type { Log } from '../log.ts'
import { type Child, startChild } from './child.ts'
import { folderOf, type Manifest, programOf, readManifest } from './manifest.ts'
import { logLine } from './log-line.ts'
import type { Ports } from './port.ts'

/** Restarts wait this long, twice as long each time; a plugin that lived 10 s begins anew. */
const FIRST_DELAY_MS = 200
const LAST_DELAY_MS = 5_000
/** The same for one that was ready: however often it is killed, it is back within 2 s. */
const LAST_DELAY_OF_READY_MS = 1_000
const STABLE_MS = 10_000
/** Starts in a row that never became ready, after which it counts as failed. It is still tried, every 5 s. */
const MAX_FAILED_STARTS = 5

/** Keeps one plugin running. */
export interface Keeper {
  /** Whether its process is alive. */
  readonly running: boolean
  /** As last read from its plugin.yml. */
  readonly manifest: Manifest | undefined
  /** Says that its process is up to its work, so that its end is no failed start. */
  becameReady(): void
  /** Resolves when its process has ended. Again is harmless. */
  stop(): Promise<void>
}

export interface KeeperParts {
  readonly id: string
  readonly folders: readonly string[]
  readonly execPath: string
  /** PATH, to look programs up in. */
  readonly path: string
  readonly ports: Ports
  /** What the next process is given, beside the env of its plugin.yml. */
  readonly environmentOf: (port: number) => Promise<Record<string, string>>
  /** Called before each start and after each end. `failed` stays until it became ready. */
  readonly onState: (state: 'starting' | 'offline' | 'failed') => void
  readonly log: Log
  /** An earlier process of the same plugin that is still ending. */
  readonly before: Promise<void> | undefined
}

export function createKeeper(parts: KeeperParts): Keeper {
  const { onState, ports, log } = parts
  const leave = new AbortController()
  let child: Child | undefined
  let manifest: Manifest | undefined
  let ready = false

  async function keepRunning(): Promise<void> {
    await parts.before
    let failures = 0
    let delay = FIRST_DELAY_MS
    while (!leave.signal.aborted) {
      const born = performance.now()
      ready = false
      onState(failures < MAX_FAILED_STARTS ? 'starting' : 'failed')
      const how = await runOnce()
      if (leave.signal.aborted) break
      failures = ready ? 0 : failures + 1
      if (performance.now() - born >= STABLE_MS) delay = FIRST_DELAY_MS
      delay = Math.min(delay, ready ? LAST_DELAY_OF_READY_MS : LAST_DELAY_MS)
      log[failures > MAX_FAILED_STARTS ? 'debug' : 'warn']({ how, again_ms: delay }, 'plugin ended')
      onState(failures < MAX_FAILED_STARTS ? 'offline' : 'failed')
      await pauseUnless(delay, leave.signal)
      delay *= 2
    }
    onState('offline')
  }

  /** Resolves when the process has ended, or could not be started, with how that was. */
  async function runOnce(): Promise<string> {
    let port: number | undefined
    try {
      const folder = folderOf(parts.folders, parts.id)
      if (!folder) return 'its folder is gone'
      manifest = readManifest(folder, parts.id)
      port = await ports.take(manifest.port)
      const env = { ...manifest.env, ...(await parts.environmentOf(port)) }
      if (leave.signal.aborted) return 'stopped before it was started'
      log.debug({ port }, 'plugin starts')
      child = startChild({
        command: commandOf(manifest, folder),
        folder,
        env,
        onLine: (line) => logLine(log, line),
      })
      return await child.ended
    } catch (error) {
      return `it could not be started: ${(error as Error).message}`
    } finally {
      if (port) ports.giveBack(port)
    }
  }

  function commandOf({ command: [name, ...args] }: Manifest, folder: string): [string, ...string[]] {
    return [programOf(name, { folder, execPath: parts.execPath, path: parts.path }), ...args]
  }

  const over = keepRunning()
  async function stop(): Promise<void> {
    leave.abort()
    await child?.stop()
    await over
  }

  return {
    get running() {
      return child?.running ?? false
    },
    get manifest() {
      return manifest
    },
    becameReady() {
      if (child?.running) ready = true
    },
    stop,
  }
}

async function pauseUnless(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await pause(ms, undefined, { signal })
  } catch (cause) {
    if (!signal.aborted) throw cause
  }
}
