import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { EmbedAnswer, EmbedRequest } from './embedder-child.ts'

/** One child process with the model in it. */
export interface EmbedderProcess {
  readonly pid: number | undefined
  alive(): boolean
  /** All vectors, one after the other. One call at a time. Rejects when the child fails, dies, or takes too long (it is killed then). */
  embed(texts: readonly string[]): Promise<Float32Array>
  /** Ends it, and waits until it has ended. */
  stop(): Promise<void>
}

/** How long a child may take to end after its line was cut. */
const LAST_WORDS = 1_000

export function startEmbedderProcess({
  timeout,
  environment,
}: {
  timeout: number
  environment: Record<string, string>
}): EmbedderProcess {
  const child = fork(fileURLToPath(new URL('./embedder-child.ts', import.meta.url)), [], {
    env: environment,
    execArgv: [],
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  })
  const ended = new Promise<Error>((resolve) => {
    child.once('error', resolve)
    child.once('exit', (code, signal) => resolve(new Error(`the embedder ended with ${signal ?? code}`)))
  })
  let alive = true
  void ended.then(() => (alive = false))

  async function ask(request: EmbedRequest): Promise<EmbedAnswer> {
    const answered = new Promise<EmbedAnswer>((resolve) => child.once('message', resolve))
    child.send(request, (error) => error && child.kill('SIGKILL'))
    const first = await Promise.race([answered, ended])
    if (first instanceof Error) throw first
    return first
  }

  return {
    pid: child.pid,
    alive: () => alive && child.connected,
    async embed(texts) {
      const deadline = setTimeout(() => child.kill('SIGKILL'), timeout)
      try {
        const answer = await ask({ texts })
        if ('error' in answer) throw new Error(`the embedder failed: ${answer.error}`)
        return answer.vectors
      } finally {
        clearTimeout(deadline)
      }
    },
    async stop() {
      if (!alive) return
      const deadline = setTimeout(() => child.kill('SIGKILL'), LAST_WORDS)
      if (child.connected) child.disconnect()
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
      clearTimeout(deadline)
    },
  }
}
