import { setTimeout as pause } from 'node:timers/promises'
import { type Child, startChild } from './child.ts'
import type { Journal } from './journal.ts'
import type { LastWill } from './last-will.ts'
import { commandOf, folderOf, type Manifest, readManifest } from './manifest.ts'
import type { Ports } from './port.ts'
import type { Starts } from './starts.ts'

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
  isRunning(): boolean
  /** As last read from its plugin.yml. */
  manifest(): Manifest | undefined
  /** How it last ended, while it is not up again. */
  fault(): string | undefined
  /**
   * Says whether its process is up to its work. When it is, its end is no failed start; when it is not for
   * `ready_within_sec`, it is ended and started anew.
   */
  saw(isUp: boolean): void
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
  readonly starts: Starts
  readonly lastWill: LastWill
  /** What the next process is given, beside the env of its plugin.yml. */
  readonly environmentOf: (port: number) => Promise<Record<string, string>>
  /** Called before each start and after each end. `failed` stays until it became ready. */
  readonly onState: (state: 'starting' | 'offline' | 'failed') => void
  readonly journal: Journal
  /** An earlier process of the same plugin that is still ending. */
  readonly before: Promise<void> | undefined
}

export function createKeeper(parts: KeeperParts): Keeper {
  const { id, onState, ports, journal, execPath, path } = parts
  const leave = new AbortController()
  let child: Child | undefined
  let manifest: Manifest | undefined
  let fault: string | undefined
  let ready = false
  let overdue: string | undefined
  let passOn: (() => void) | undefined
  const patience = createPatience(giveUp)

  async function keepRunning(): Promise<void> {
    await parts.before
    let failures = 0
    let delay = FIRST_DELAY_MS
    while (!leave.signal.aborted) {
      const born = performance.now()
      ready = false
      onState(failures < MAX_FAILED_STARTS ? 'starting' : 'failed')
      fault = await runOnce()
      if (leave.signal.aborted) break
      failures = ready ? 0 : failures + 1
      if (performance.now() - born >= STABLE_MS) delay = FIRST_DELAY_MS
      delay = Math.min(delay, ready ? LAST_DELAY_OF_READY_MS : LAST_DELAY_MS)
      const level = failures > MAX_FAILED_STARTS ? 'debug' : 'warn'
      journal.say(id, level, 'plugin ended', { how: fault, again_ms: delay })
      onState(failures < MAX_FAILED_STARTS ? 'offline' : 'failed')
      await pauseUnless(delay, leave.signal)
      delay *= 2
    }
    onState('offline')
  }

  /** Resolves when the process has ended, or could not be started, with how that was. */
  async function runOnce(): Promise<string> {
    let port: number | undefined
    passOn = await parts.starts.take()
    try {
      const folder = folderOf(parts.folders, id)
      if (!folder) return 'it has no folder any more'
      manifest = readManifest(folder, id)
      port = await ports.take(manifest.port)
      const env = { ...manifest.env, ...(await parts.environmentOf(port)) }
      if (leave.signal.aborted) return 'stopped before it was started'
      return await live(manifest, folder, env)
    } catch (error) {
      return `it could not be started: ${(error as Error).message}`
    } finally {
      passOn()
      if (port) ports.giveBack(port)
    }
  }

  /** Resolves with how its process ended. */
  async function live(read: Manifest, folder: string, env: Record<string, string>): Promise<string> {
    journal.say(id, 'debug', 'plugin starts', { port: Number(env['PORT']) })
    const onLine = (line: string): void => journal.hear(id, line)
    const started = startChild({ command: commandOf(read, { folder, execPath, path }), folder, env, onLine })
    child = started
    if (started.group) parts.lastWill.add(started.group)
    overdue = undefined
    patience.lose(read.ready_within_sec)
    const how = await started.ended
    patience.have()
    if (started.group) parts.lastWill.remove(started.group)
    return overdue ?? how
  }

  function giveUp(seconds: number): void {
    overdue = `it was not ready for ${seconds} s`
    void child?.stop()
  }

  const over = keepRunning()
  async function stop(): Promise<void> {
    leave.abort()
    await child?.stop()
    await over
  }

  return {
    isRunning: () => child?.running ?? false,
    manifest: () => manifest,
    fault: () => fault,
    saw(isUp) {
      if (!child?.running || !manifest) return
      if (!isUp) return patience.lose(manifest.ready_within_sec)
      ready = true
      fault = undefined
      patience.have()
      passOn?.()
    },
    stop,
  }
}

/** Patience that is lost after a while, unless it is had again before. */
function createPatience(onLost: (seconds: number) => void): { lose(seconds: number): void; have(): void } {
  let timer: NodeJS.Timeout | undefined
  return {
    lose: (seconds) => void (timer ??= setTimeout(onLost, seconds * 1_000, seconds)),
    have() {
      clearTimeout(timer)
      timer = undefined
    },
  }
}

async function pauseUnless(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await pause(ms, undefined, { signal })
  } catch (cause) {
    if (!signal.aborted) throw cause
  }
}
