import { type ChildProcess, spawn } from 'node:child_process'
import { writeFile } from 'node:fs'
import { followLines } from './lines.ts'

/** How long a plugin may take to stop by itself. */
const STOP_MS = 3_000
/** How long its output is read on when it has gone: what left its group may keep the pipes open. */
const LAST_WORDS_MS = 200
/** Makes the kernel take a plugin, and not Core, when the machine runs out of memory. */
const FIRST_TO_GO = '500'

/**
 * One process of a plugin, with all that it starts: a process group of its own. Its stdin stays open as long as Core lives.
 */
export interface Child {
  /** The id of its process group; undefined when it could not be started. */
  readonly group: number | undefined
  readonly running: boolean
  /** Resolves with how it ended, in words. What it had started itself has ended with it. */
  readonly ended: Promise<string>
  /** SIGTERM, then SIGKILL after 3 s. Again is harmless. */
  stop(): Promise<void>
}

export function startChild({
  command: [program, ...args],
  folder,
  env,
  onLine,
}: {
  command: readonly [string, ...string[]]
  folder: string
  env: Record<string, string>
  onLine: (line: string) => void
}): Child {
  const child = spawn(program, args, {
    cwd: folder,
    env,
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: process.platform !== 'win32',
  })
  let running = true
  followLines(child.stdout, onLine)
  followLines(child.stderr, onLine)
  child.stdin.on('error', (error) => onLine(`stdin: ${error.message}`))
  if (process.platform === 'linux' && child.pid)
    writeFile(`/proc/${child.pid}/oom_score_adj`, FIRST_TO_GO, () => {})

  const ended = new Promise<string>((resolve) => {
    const end = (how: string): void => {
      running = false
      signalGroup(child, 'SIGKILL')
      const streams = [child.stdin, child.stdout, child.stderr]
      setTimeout(() => streams.forEach((stream) => stream.destroy()), LAST_WORDS_MS)
      resolve(how)
    }
    child.once('error', (error) => end(`it could not be started: ${error.message}`))
    child.once('exit', (code, signal) => end(signal ? `ended by ${signal}` : `ended with code ${code}`))
  })

  let stopping: Promise<void> | undefined
  async function stop(): Promise<void> {
    if (!running) return
    signalGroup(child, 'SIGTERM')
    const kill = setTimeout(() => signalGroup(child, 'SIGKILL'), STOP_MS)
    await ended
    clearTimeout(kill)
  }

  return {
    group: child.pid,
    get running() {
      return running
    },
    ended,
    stop: () => (stopping ??= stop()),
  }
}

/** Windows has no groups: there it is the process alone. */
function signalGroup(child: ChildProcess, signal: 'SIGTERM' | 'SIGKILL'): void {
  if (child.pid === undefined) return
  if (process.platform === 'win32') return void child.kill(signal)
  try {
    process.kill(-child.pid, signal)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}
