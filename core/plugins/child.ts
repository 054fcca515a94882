import { spawn } from 'node:child_process'
import { followLines } from './lines.ts'

/** How long a plugin may take to stop by itself. */
const STOP_MS = 3_000
/** How long its output is read on when it has gone: children of its own may keep the pipes open. */
const LAST_WORDS_MS = 200

/** One process of a plugin. Its stdin stays open as long as Core lives: when Core is gone, it ends. */
export interface Child {
  readonly running: boolean
  /** Resolves with how it ended, in words. */
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
  const child = spawn(program, args, { cwd: folder, env, stdio: ['pipe', 'pipe', 'pipe'], detached: false })
  let running = true
  followLines(child.stdout, onLine)
  followLines(child.stderr, onLine)
  child.stdin.on('error', (error) => onLine(`stdin: ${error.message}`))

  const ended = new Promise<string>((resolve) => {
    const end = (how: string): void => {
      running = false
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
    child.kill('SIGTERM')
    const kill = setTimeout(() => child.kill('SIGKILL'), STOP_MS)
    await ended
    clearTimeout(kill)
  }

  return {
    get running() {
      return running
    },
    ended,
    stop: () => (stopping ??= stop()),
  }
}
