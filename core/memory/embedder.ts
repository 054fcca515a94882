import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Log } from '../log.ts'
import type { EmbedAnswer, EmbedRequest } from './embedder-child.ts'

/** Turns texts into vectors of length 1. */
export interface Embedder {
  /** Names the vector space: vectors of two ids cannot be compared. */
  readonly id: string
  readonly dimensions: number
  /**
   * One vector for each text, in their order. A text of which this embedder understands nothing (blank, signs only,
   * another script) gets the null vector, which is near to nothing.
   */
  embed(texts: readonly string[]): Promise<Float32Array[]>
  close(): Promise<void>
}

/** Most texts that go to the child at once: larger batches are not faster (measured). */
const MAX_BATCH = 32
const DIMENSIONS = 512

interface Job {
  readonly texts: readonly string[]
  resolve(vectors: Float32Array[]): void
  reject(error: Error): void
}

/**
 * The English embedder that comes with the installation, in a child process of its own: started by the first text,
 * ended after `idle` ms without one (250 MB go back whole), killed when one batch takes longer than `timeout` ms.
 * When it dies, what it was asked is rejected and what still waits goes to a new one.
 * @param environment the whole environment of the child; nothing is inherited
 */
export function createBundledEmbedder({
  log,
  idle = 60_000,
  timeout = 60_000,
  environment = {},
}: {
  log: Log
  idle?: number
  timeout?: number
  environment?: Record<string, string>
}): Embedder & { readonly pid: number | undefined } {
  let child: ChildProcess | undefined
  let waiting: Job[] = []
  let asked: Job[] = []
  let idleTimer: NodeJS.Timeout | undefined
  let deadline: NodeJS.Timeout | undefined
  let scheduled = false
  let closed = false

  /** At the end of this turn of the event loop, so that what is asked meanwhile goes along. */
  function schedule(): void {
    if (scheduled) return
    scheduled = true
    setImmediate(() => {
      scheduled = false
      ask()
    })
  }

  function ask(): void {
    if (asked.length > 0 || waiting.length === 0) return
    clearTimeout(idleTimer)
    child ??= start()
    let size = 0
    const fitting = waiting.findIndex(({ texts }) => (size += texts.length) > MAX_BATCH)
    asked = fitting === -1 ? waiting : waiting.slice(0, fitting)
    waiting = fitting === -1 ? [] : waiting.slice(fitting)
    const request: EmbedRequest = { texts: asked.flatMap(({ texts }) => texts) }
    deadline = setTimeout(() => child?.kill('SIGKILL'), timeout)
    child.send(request, (error) => error && child?.kill('SIGKILL'))
  }

  function start(): ChildProcess {
    log.debug('embedder.start')
    const started = fork(fileURLToPath(new URL('./embedder-child.ts', import.meta.url)), [], {
      env: environment,
      execArgv: [],
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    })
    started.on('message', (answer: EmbedAnswer) => settle(answer))
    started.once('error', (error) => ended(started, error))
    started.once('exit', (code, signal) =>
      ended(started, new Error(`the embedder ended with ${signal ?? code}`)),
    )
    return started
  }

  function settle(answer: EmbedAnswer): void {
    clearTimeout(deadline)
    const jobs = asked
    asked = []
    let at = 0
    for (const { texts, resolve, reject } of jobs) {
      if ('error' in answer) reject(new Error(`the embedder failed: ${answer.error}`))
      else resolve(texts.map(() => answer.vectors.slice(at++ * DIMENSIONS, at * DIMENSIONS)))
    }
    if (waiting.length > 0) ask()
    else idleTimer = setTimeout(stop, idle).unref()
  }

  function ended(which: ChildProcess, error: Error): void {
    if (which !== child) return
    child = undefined
    if (asked.length > 0) log.warn({ reason: error.message }, 'embedder.died')
    const jobs = asked
    asked = []
    clearTimeout(deadline)
    for (const { reject } of jobs) reject(error)
    if (closed) for (const { reject } of waiting.splice(0)) reject(error)
    else if (waiting.length > 0) schedule()
  }

  /** It ends by itself when the line is cut. */
  function stop(): ChildProcess | undefined {
    clearTimeout(idleTimer)
    const stopping = child
    if (asked.length === 0) child = undefined
    if (stopping?.connected) stopping.disconnect()
    return stopping
  }

  async function embedPart(texts: readonly string[]): Promise<Float32Array[]> {
    const understood = texts.filter(isEnglishEnough)
    if (understood.length === 0) return texts.map(() => new Float32Array(DIMENSIONS))
    const vectors = await new Promise<Float32Array[]>((resolve, reject) => {
      if (closed) return reject(new Error('the embedder is closed'))
      waiting.push({ texts: understood, resolve, reject })
      schedule()
    })
    const next = vectors.values()
    return texts.map((text) => (isEnglishEnough(text) && next.next().value) || new Float32Array(DIMENSIONS))
  }

  return {
    id: 'bundled-en',
    dimensions: DIMENSIONS,
    get pid() {
      return child?.pid
    },
    async embed(texts) {
      const parts: Promise<Float32Array[]>[] = []
      for (let at = 0; at < texts.length; at += MAX_BATCH) {
        parts.push(embedPart(texts.slice(at, at + MAX_BATCH)))
      }
      return (await Promise.all(parts)).flat()
    },
    async close() {
      closed = true
      const stopping = stop()
      if (!stopping || stopping.exitCode !== null || stopping.signalCode !== null) return
      await new Promise((resolve) => {
        stopping.once('exit', resolve)
        setTimeout(() => stopping.kill('SIGKILL'), 1_000).unref()
      })
    },
  }
}

/**
 * The model knows the Latin script. All it does not know is one and the same to it: two Chinese sentences would have
 * the same vector, whatever they say.
 */
function isEnglishEnough(text: string): boolean {
  const letters = text.match(/[\p{L}\p{N}]/gu)?.length ?? 0
  const known = text.match(/[\p{Script=Latin}\p{Nd}]/gu)?.length ?? 0
  return letters > 0 && known * 2 >= letters
}
