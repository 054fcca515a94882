import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { ReadAnswer, ReadRequest } from './reader-child.ts'

/** Reads files in a process of its own, which a hostile file may take down, but nothing else. */
export interface Reader {
  /** One file at a time. Never rejects: a process that dies or takes too long is an answer, too. */
  read(request: ReadRequest): Promise<ReadAnswer>
  /** Ends the process; the next file starts a new one. */
  rest(): Promise<void>
}

/** Heap of the process, in MB: enough for the largest file that is taken. */
const HEAP_MB = 512

/** @param timeout ms for one file, after which the process is killed */
export function createReader({ timeout = 60_000 }: { timeout?: number } = {}): Reader {
  let child: ChildProcess | undefined

  function start(): ChildProcess {
    const started = fork(fileURLToPath(new URL('./reader-child.ts', import.meta.url)), [], {
      env: {},
      execArgv: [`--max-old-space-size=${HEAP_MB}`],
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    })
    const gone = (): void => {
      if (child === started) child = undefined
    }
    started.once('error', gone).once('exit', gone)
    return started
  }

  return {
    async read(request) {
      const reading = (child ??= start())
      const deadline = setTimeout(() => reading.kill('SIGKILL'), timeout)
      const ended = new AbortController()
      const { signal } = ended
      try {
        reading.send(request, (error) => error && reading.kill('SIGKILL'))
        return await Promise.race([
          once(reading, 'message', { signal }).then(([answer]) => answer as ReadAnswer),
          once(reading, 'exit', { signal }).then(() => ({ error: TOO_MUCH })),
        ])
      } catch {
        return { error: TOO_MUCH }
      } finally {
        clearTimeout(deadline)
        ended.abort()
      }
    },
    async rest() {
      const resting = child
      child = undefined
      if (!resting || resting.exitCode !== null || resting.signalCode !== null) return
      resting.kill('SIGKILL')
      await once(resting, 'exit')
    },
  }
}

const TOO_MUCH = 'takes too long or too much memory to read'
