import { setTimeout as wait } from 'node:timers/promises'
import type { Log } from '../log.ts'
import type { Embedder } from './embedder.ts'
import type { IndexState, Waiting } from './index-state.ts'
import type { Mirror } from './mirror.ts'
import type { VectorRow } from './table.ts'
import { piecesOf } from './words.ts'

/** Brings what the record holds into the vector index, in batches, behind everybody's back. */
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

/** Memories of one step: enough for a full batch, few enough to let a search in. */
const STEP = 32
/** How long added memories are gathered before they are indexed, in ms; a search does not wait for it. */
const GATHER = 100
const FIRST_RETRY = 1_000
const LAST_RETRY = 60_000
/** Failures of one memory alone, while another text succeeds, after which it is left to the full text until the next start. */
const STRIKES = 3

interface Parts {
  readonly state: IndexState
  readonly mirror: Mirror
  readonly embedder: Embedder
  readonly log: Log
}

export function createIndexer({ state, mirror, embedder, log }: Parts): Indexer {
  const closing = new AbortController()
  const urgent = new Set<number>()
  const strikes = new Map<number, number>()
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
    const [first] = urgent
    const { namespace, rows } = state.waiting(stepSize, leftOut, first)
    if (first !== undefined && rows.length === 0) urgent.delete(first)
    if (rows.length === 0) return first !== undefined
    try {
      await mirror.ready(namespace)
      const pieces = await embedAll(embedder, rows)
      await mirror.store(
        namespace,
        rows.map(({ number }) => number),
        pieces,
      )
      for (const { number } of rows) strikes.delete(number)
      stepSize = STEP
      retry = FIRST_RETRY
      return true
    } catch (err) {
      if (!closing.signal.aborted) await putOff(rows, err)
      return false
    }
  }

  /** Tries again later; alone what failed together, so that one bad memory does not hold up the others for ever. */
  async function putOff(rows: readonly Waiting[], err: unknown): Promise<void> {
    log.warn({ err, memories: rows.length, retry_ms: retry }, 'memory.indexing_failed')
    urgent.clear()
    const [only] = rows
    if (rows.length > 1) stepSize = 1
    else if (only && (await isAtFault(only.number))) {
      leftOut.add(only.number)
      log.error({ memory: only.number }, 'memory.not_indexed')
    }
    retryAt = Date.now() + retry
    retry = Math.min(retry * 2, LAST_RETRY)
    drainLater(0)
  }

  async function isAtFault(number: number): Promise<boolean> {
    const count = (strikes.get(number) ?? 0) + 1
    strikes.set(number, count)
    if (count < STRIKES) return false
    return embedder.embed(['another text']).then(
      () => true,
      () => false,
    )
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
      while (await step());
    } catch (err) {
      log.error({ err }, 'memory.indexer_failed')
    }
  }

  return {
    wake: () => drainLater(GATHER),
    async catchUp(namespace) {
      while (Date.now() >= retryAt && state.waiting(1, leftOut, namespace).rows.length > 0) {
        if (namespace !== undefined) urgent.add(namespace)
        if (!(await step())) return
      }
    },
    async close() {
      closing.abort()
      await stepping
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
