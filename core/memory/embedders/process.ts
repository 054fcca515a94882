import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { EmbedAnswer, EmbedRequest } from './child.ts'

/** One child process with the model in it. */
export interface EmbedderProcess {
  readonly pid: number | undefined
  alive(): boolean
  /** Whether it has given vectors at least once. */
  hasAnswered(): boolean
  /** All vectors, one after the other. One call at a time. Rejects when the child fails, dies, or takes too long (it is killed then). */
  embed(texts: readonly string[]): Promise<Float32Array>
  /** Ends it, and waits until it has ended. */
  stop(): Promise<void>
}

/** The child lives, but its model can't be loaded or used. */
export class ModelFault extends Error {
  override readonly name = 'ModelFault'
}

/** How long a child may take to end after its line was cut. */
const LAST_WORDS = 1_000

export function startEmbedderProcess({
  program,
  argument = null,
  timeout,
  environment,
}: {
  program: URL
  argument: unknown
  timeout: number
  environment: Record<string, string>
}): EmbedderProcess {
  const child = fork(fileURLToPath(program), [JSON.stringify(argument)], {
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
  let answered = false
  void ended.then(() => (alive = false))

  async function ask(request: EmbedRequest): Promise<EmbedAnswer> {
    const answer = new Promise<EmbedAnswer>((resolve) => child.once('message', resolve))
    child.send(request, (error) => error && child.kill('SIGKILL'))
    const first = await Promise.race([answer, ended])
    if (first instanceof Error) throw first
    return first
  }

  return {
    pid: child.pid,
    alive: () => alive && child.connected,
    hasAnswered: () => answered,
    async embed(texts) {
      const deadline = setTimeout(() => child.kill('SIGKILL'), timeout)
      try {
        const answer = await ask({ texts })
        if ('error' in answer) throw new ModelFault(answer.error)
        answered = true
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
