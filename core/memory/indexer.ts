import { setImmediate as nextTurn, setTimeout as wait } from 'node:timers/promises'
import type { Log } from '../log.ts'
import type { Embedder } from './embedder.ts'
import type { Waiting } from './index-state.ts'
import type { VectorRow } from './rows.ts'
import { piecesOf } from './words.ts'

/** Brings memories into the vector index, in batches, behind everybody's back. */
export interface Indexer {
  /** Something was added: index it soon. */
  wake(): void
  /**
   * Resolves when nothing waits any more (of this namespace, if one is given; it goes first then), or when it cannot be
   * indexed now.
   */
  catchUp(namespace?: number): Promise<void>
  close(): Promise<void>
}

/** What an indexer works on. */
export interface Work {
  /** Undefined when there is nothing to do (now): without it nothing can be done. */
  embedder(): Embedder | undefined
  /** Of this namespace, or of the one that is next. Undefined when nothing waits. */
  waiting(
    limit: number,
    except: ReadonlySet<number>,
    namespace?: number,
  ): { namespace: number; rows: Waiting[] } | undefined
  /** Before the first memory of a namespace. */
  ready(namespace: number): Promise<void>
  store(namespace: number, memories: readonly number[], pieces: readonly VectorRow[]): Promise<void>
  /** Nothing waits in this namespace any more. */
  finish?(namespace: number): Promise<void>
}

/** Memories of one step: enough for full batches; more for a fast embedder, but few enough to let a search in. */
const STEP = 32
const MOST_OF_STEP = 512
/** A step that took less than this, in ms, may be twice as large the next time. */
const QUICK = 50
/** How long added memories are gathered before they are indexed, in ms; a search does not wait for it. */
const GATHER = 100
const FIRST_RETRY = 1_000
const LAST_RETRY = 60_000
/** Failures of one memory alone, while another text succeeds, after which it is left to the full text until the next start. */
const STRIKES = 3

export function createIndexer(work: Work, log: Log): Indexer {
  const closing = new AbortController()
  const urgent = new Set<number>()
  const strikes = createStrikes()
  const leftOut = new Set<number>()
  let stepSize = STEP
  let retry = FIRST_RETRY
  let retryAt = 0
  let stepping: Promise<boolean> | undefined
  let drainsAt = Infinity

  /** One step at a time, whoever asks. False when nothing more can be done now. */
  const step = (): Promise<boolean> => (stepping ??= indexSome().finally(() => (stepping = undefined)))

  async function indexSome(): Promise<boolean> {
    if (closing.signal.aborted) return false
    const embedder = work.embedder()
    if (!embedder) return false
    const [first] = urgent
    const { namespace, rows } = work.waiting(stepSize, leftOut, first) ?? { namespace: undefined, rows: [] }
    if (first !== undefined && rows.length === 0) urgent.delete(first)
    if (namespace === undefined) return first !== undefined
    const begun = performance.now()
    try {
      if (rows.length > 0) await indexThese(embedder, namespace, rows)
      else if (work.finish) await work.finish(namespace)
      else return first !== undefined
      const quick = performance.now() - begun < QUICK
      stepSize = quick ? Math.min(Math.max(stepSize, STEP) * 2, MOST_OF_STEP) : STEP
      retry = FIRST_RETRY
      return true
    } catch (err) {
      if (!closing.signal.aborted) await putOff(embedder, rows, err)
      return false
    }
  }

  async function indexThese(embedder: Embedder, namespace: number, rows: readonly Waiting[]): Promise<void> {
    await work.ready(namespace)
    const pieces = await embedAll(embedder, rows)
    const numbers = rows.map(({ number }) => number)
    await work.store(namespace, numbers, pieces)
    strikes.forgive(numbers)
  }

  /** Tries again later; alone what failed together, so that one bad memory does not hold up the others for ever. */
  async function putOff(embedder: Embedder, rows: readonly Waiting[], err: unknown): Promise<void> {
    log.warn({ err, memories: rows.length, retry_ms: retry }, 'memory.indexing_failed')
    urgent.clear()
    const [only] = rows
    if (rows.length > 1) stepSize = 1
    else if (only && (await strikes.isAtFault(only.number, embedder))) {
      leftOut.add(only.number)
      log.error({ memory: only.number }, 'memory.not_indexed')
    }
    retryAt = Date.now() + retry
    retry = Math.min(retry * 2, LAST_RETRY)
    drainLater(0)
  }

  function drainLater(delay: number): void {
    const at = Math.max(Date.now() + delay, retryAt)
    if (closing.signal.aborted || at >= drainsAt) return
    drainsAt = at
    void drain(at)
  }

  async function drain(at: number): Promise<void> {
    await wait(at - Date.now(), undefined, { ref: false })
    drainsAt = Infinity
    try {
      while (await step()) await nextTurn()
    } catch (err) {
      log.error({ err }, 'memory.indexer_failed')
    }
  }

  function isBehind(namespace: number | undefined): boolean {
    const waiting = work.waiting(1, leftOut, namespace)
    return waiting !== undefined && (waiting.rows.length > 0 || work.finish !== undefined)
  }

  return {
    wake: () => drainLater(GATHER),
    async catchUp(namespace) {
      while (Date.now() >= retryAt && isBehind(namespace)) {
        if (namespace !== undefined) urgent.add(namespace)
        if (!(await step())) return
        await nextTurn()
      }
    },
    async close() {
      closing.abort()
      await stepping
    },
  }
}

/** Tells a memory that can't be embedded from an embedder that can't embed. */
function createStrikes() {
  const strikes = new Map<number, number>()

  return {
    forgive(memories: readonly number[]): void {
      for (const memory of memories) strikes.delete(memory)
    },
    /** Call it after a failure of this memory alone. */
    async isAtFault(memory: number, embedder: Embedder): Promise<boolean> {
      const count = (strikes.get(memory) ?? 0) + 1
      strikes.set(memory, count)
      if (count < STRIKES) return false
      return embedder.embed(['another text']).then(
        () => true,
        () => false,
      )
    },
  }
}

/** The pieces of these memories with their vectors, without those that the embedder understands nothing of. */
async function embedAll(embedder: Embedder, memories: readonly Waiting[]): Promise<VectorRow[]> {
  const pieces = memories.flatMap(({ number, text }) =>
    piecesOf(text).map((piece, at) => ({ memory: number, piece: at, text: piece })),
  )
  const vectors = await embedder.embed(pieces.map(({ text }) => text))
  return pieces
    .map(({ memory, piece }, at) => ({ memory, piece, vector: vectors[at] ?? new Float32Array() }))
    .filter(({ vector }) => vector.some((x) => x !== 0))
}
