import { ModelError } from './model.ts'
import type { Endpoint } from './openai-faults.ts'

/** In milliseconds. */
export interface ModelTimeouts {
  /** Until the first word, thought or argument: a local model may have to be loaded and to read a long prompt first. */
  readonly firstToken: number
  /** Between two of them. */
  readonly idle: number
}

/** How the reading tells the deadlines what it sees. */
export interface Watch {
  /** Words, thinking or arguments came. */
  progress(): void
  /** The answer is complete; what may still come (usage) has little time. */
  complete(): void
  /** Whether the body was ended because that little time is over. */
  lingered(): boolean
}

/** How long a complete answer may stay open, for its usage and the end of the stream. */
const LINGER = 1_000

/** Ends the request when words do not come in time, or when the caller says so. */
export function createDeadline(timeouts: ModelTimeouts, endpoint: Endpoint, caller: AbortSignal | undefined) {
  const controller = new AbortController()
  let fault: ModelError | undefined
  let state: 'waiting' | 'coming' | 'complete' | 'lingered' = 'waiting'
  let timer = setTimeout(expire, timeouts.firstToken)

  function stop(error: ModelError): void {
    fault ??= error
    controller.abort(error)
  }
  function expire(): void {
    if (state === 'complete') {
      state = 'lingered'
      controller.abort()
    } else {
      const seconds = (state === 'waiting' ? timeouts.firstToken : timeouts.idle) / 1_000
      const what =
        state === 'waiting' ? 'did not begin to answer' : 'stopped in the middle of the answer: nothing came'
      stop(new ModelError('timeout', `${endpoint.host} ${what} for ${seconds} s`))
    }
  }
  function restart(next: 'coming' | 'complete', milliseconds: number): void {
    clearTimeout(timer)
    state = next
    timer = setTimeout(expire, milliseconds)
  }
  const onAbort = (): void => stop(new ModelError('stopped', 'it was stopped'))
  if (caller?.aborted) onAbort()
  else caller?.addEventListener('abort', onAbort, { once: true })

  return {
    signal: controller.signal,
    fault: () => fault,
    progress() {
      if (state === 'coming') timer.refresh()
      else if (state === 'waiting') restart('coming', timeouts.idle)
    },
    complete: () => restart('complete', LINGER),
    lingered: () => state === 'lingered',
    end() {
      clearTimeout(timer)
      caller?.removeEventListener('abort', onAbort)
    },
  } satisfies Watch & Record<string, unknown>
}
