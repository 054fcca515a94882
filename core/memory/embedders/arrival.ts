import { setTimeout as wait } from 'node:timers/promises'
import type { EmbeddingModelState } from '#contract'
import type { Log } from '../../log.ts'
import { DownloadError, type Progress } from './download.ts'

/** How far a model has come. */
export type ArrivalState = Omit<EmbeddingModelState, 'name'>

/** Trying again would not help; the message says what to do. */
export class Hopeless extends Error {}

export interface Arrival {
  state(): ArrivalState
  /** Ends the attempt that runs. */
  close(): Promise<void>
}

/** What an attempt may say of itself. */
export interface Report {
  downloading(progress: Progress): void
  checking(): void
}

const FIRST_PAUSE = 5_000
const LAST_PAUSE = 10 * 60_000
/** How often the log tells of a download, in ms. */
const TELL_EVERY = 2_000

/** Attempts until it is there, more and more seldom, and says in the log how far it is. */
export function createArrival({
  model,
  attempt,
  log,
  firstPause = FIRST_PAUSE,
}: {
  model: string
  attempt: (report: Report, signal: AbortSignal) => Promise<void>
  log: Log
  firstPause?: number | undefined
}): Arrival {
  const closing = new AbortController()
  const { signal } = closing
  const closed = new Promise((resolve) => signal.addEventListener('abort', resolve))
  let state: ArrivalState = { state: 'checking' }
  let toldAt = 0

  const report: Report = {
    downloading({ bytes, total }) {
      state = { state: 'downloading', bytes, total_bytes: total }
      if (Date.now() - toldAt < TELL_EVERY && bytes < total) return
      toldAt = Date.now()
      log.info(
        { model, percent: Math.floor((bytes / total) * 100), megabytes: inMegabytes(total) },
        'model.download',
      )
    },
    checking() {
      state = { state: 'checking' }
    },
  }

  async function arrive(): Promise<void> {
    for (let pause = firstPause; !signal.aborted; pause = Math.min(pause * 2, LAST_PAUSE)) {
      try {
        await attempt(report, signal)
        state = { state: 'ready' }
        log.info({ model }, 'model.ready')
        return
      } catch (error) {
        if (!signal.aborted) await putOff(error, pause)
        if (error instanceof Hopeless) return
      }
    }
  }

  async function putOff(cause: unknown, pause: number): Promise<void> {
    const detail = cause instanceof Error ? cause.message : String(cause)
    if (cause instanceof Hopeless) {
      state = { state: 'failed', detail }
      log.error({ model, detail }, 'model.failed')
      return
    }
    const ms = Math.max(pause, (cause instanceof DownloadError && cause.retryAfter) || 0)
    state = { state: 'waiting', detail, retry_at: new Date(Date.now() + ms).toISOString() }
    log.warn({ model, detail, retry_ms: ms }, 'model.waits')
    await Promise.race([wait(ms, undefined, { ref: false }), closed])
  }

  const arriving = arrive()
  return {
    state: () => state,
    async close() {
      closing.abort()
      await arriving
    },
  }
}

const inMegabytes = (bytes: number): number => Math.round(bytes / 100_000) / 10
