import type { Log } from '../log.ts'
import { type EmbedderProcess, startEmbedderProcess } from './embedder-process.ts'

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
  reject(error: unknown): void
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
  let child: EmbedderProcess | undefined
  let waiting: Job[] = []
  let working = false
  let scheduled = false
  let closed = false
  let idleTimer: NodeJS.Timeout | undefined

  /** At the end of this turn of the event loop, so that what is asked meanwhile goes along. */
  function schedule(): void {
    if (scheduled || working) return
    scheduled = true
    setImmediate(() => {
      scheduled = false
      void work()
    })
  }

  async function work(): Promise<void> {
    working = true
    clearTimeout(idleTimer)
    while (waiting.length > 0) await answer(takeBatch())
    working = false
    if (!closed) idleTimer = setTimeout(() => void stop(), idle).unref()
  }

  function takeBatch(): Job[] {
    let size = 0
    const over = waiting.findIndex(({ texts }) => (size += texts.length) > MAX_BATCH)
    return waiting.splice(0, over === -1 ? waiting.length : over)
  }

  async function answer(jobs: readonly Job[]): Promise<void> {
    try {
      if (closed) throw new Error('the embedder is closed')
      if (!child?.alive()) child = startEmbedderProcess({ timeout, environment })
      const vectors = await child.embed(jobs.flatMap(({ texts }) => texts))
      let at = 0
      for (const { texts, resolve } of jobs) {
        resolve(texts.map(() => vectors.slice(at++ * DIMENSIONS, at * DIMENSIONS)))
      }
    } catch (err) {
      if (!closed) log.warn({ err, texts: jobs.length }, 'embedder.failed')
      for (const { reject } of jobs) reject(err)
    }
  }

  async function stop(): Promise<void> {
    clearTimeout(idleTimer)
    const stopping = child
    child = undefined
    await stopping?.stop()
  }

  async function embedPart(texts: readonly string[]): Promise<Float32Array[]> {
    const understood = texts.filter(isUnderstood)
    if (understood.length === 0) return texts.map(() => new Float32Array(DIMENSIONS))
    const vectors = await new Promise<Float32Array[]>((resolve, reject) => {
      waiting.push({ texts: understood, resolve, reject })
      schedule()
    })
    const next = vectors.values()
    return texts.map((text) => (isUnderstood(text) && next.next().value) || new Float32Array(DIMENSIONS))
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
      await stop()
    },
  }
}

/**
 * The model knows the Latin script. All it does not know is one and the same to it: two Chinese sentences would have
 * the same vector, whatever they say.
 */
function isUnderstood(text: string): boolean {
  const letters = text.match(/[\p{L}\p{N}]/gu)?.length ?? 0
  const known = text.match(/[\p{Script=Latin}\p{Nd}]/gu)?.length ?? 0
  return letters > 0 && known * 2 >= letters
}
