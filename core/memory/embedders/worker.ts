import type { Log } from '../../log.ts'
import type { Embedder, Purpose } from '../embedder.ts'
import { inBatches } from './batches.ts'
import { type EmbedderProcess, startEmbedderProcess } from './process.ts'

/** What every embedder in a child process can be told. */
export interface WorkerOptions {
  readonly log: Log
  /** The child ends after so many ms without a text; what it holds (250 MB and more) goes back whole. */
  readonly idle?: number | undefined
  /** The child is killed when one batch, or its start with the first one, takes longer, in ms. */
  readonly timeout?: number | undefined
  /** The whole environment of the child; nothing is inherited. */
  readonly environment?: Record<string, string> | undefined
}

export interface WorkerModel {
  readonly id: string
  readonly dimensions: number
  /** The program of the child, and what it is started with. */
  readonly program: URL
  readonly argument?: unknown
  /** Whether the model can make anything of this text; others get the null vector. */
  understands(text: string): boolean
  /** What stands before each text, for models that tell questions from what answers them. */
  readonly prefix?: Readonly<Record<Purpose, string>>
}

/** After a child that died without one answer, the next is started no sooner than this, in ms; doubled each time. */
const FIRST_PAUSE = 500
const LAST_PAUSE = 60_000

/**
 * An embedder in a child process of its own: started by the first text, ended when idle. When it dies, what it was
 * asked is rejected and what still waits goes to a new one.
 */
export function createWorkerEmbedder(
  { id, dimensions, program, argument, understands, prefix = { memory: '', question: '' } }: WorkerModel,
  { log, idle = 60_000, timeout = 60_000, environment = {} }: WorkerOptions,
): Embedder & { readonly pid: number | undefined } {
  let child: EmbedderProcess | undefined
  let closed = false
  let idleTimer: NodeJS.Timeout | undefined
  let pause = FIRST_PAUSE
  let notBefore = 0

  const ask = inBatches(answer, () => {
    if (!closed) idleTimer = setTimeout(() => void stop(), idle).unref()
  })

  async function answer(texts: readonly string[]): Promise<Float32Array[]> {
    clearTimeout(idleTimer)
    try {
      return split(await running().embed(texts), texts.length)
    } catch (err) {
      if (!closed) log.warn({ err, embedder: id, texts: texts.length }, 'embedder.failed')
      throw err
    }
  }

  function running(): EmbedderProcess {
    if (closed) throw new Error('the embedder is closed')
    if (child?.alive()) return child
    if (child && !child.hasAnswered()) {
      notBefore = Date.now() + pause
      pause = Math.min(pause * 2, LAST_PAUSE)
    } else if (child) pause = FIRST_PAUSE
    child = undefined
    if (Date.now() < notBefore) throw new Error('the embedder does not start; it is tried again soon')
    return (child = startEmbedderProcess({ program, argument, timeout, environment }))
  }

  function split(flat: Float32Array, count: number): Float32Array[] {
    if (flat.length !== count * dimensions) {
      throw new Error(`the embedder answered with ${flat.length} numbers, not ${count} × ${dimensions}`)
    }
    return Array.from({ length: count }, (_, at) => flat.slice(at * dimensions, (at + 1) * dimensions))
  }

  async function stop(): Promise<void> {
    clearTimeout(idleTimer)
    const stopping = child
    child = undefined
    await stopping?.stop()
  }

  return {
    id,
    dimensions,
    get pid() {
      return child?.pid
    },
    async embed(texts, purpose = 'memory') {
      const understood = texts.filter(understands).map((text) => prefix[purpose] + text)
      const vectors = (await ask(understood, purpose)).values()
      return texts.map((text) => (understands(text) && vectors.next().value) || new Float32Array(dimensions))
    },
    async close() {
      closed = true
      await stop()
    },
  }
}
