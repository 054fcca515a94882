export interface Listener {
  emit(text: string): void
  readonly signal: AbortSignal
}

/** Work that several callers may wait for at once: the same key in flight is not started twice. */
export interface Sharing {
  /** Starts the work, or joins it and hears what was said so far. It is aborted when every caller has gone. */
  join(key: string, caller: Listener, start: (shared: Listener) => Promise<string>): Promise<string>
  isRunning(key: string): boolean
}

interface Work {
  said: string
  readonly callers: Set<Listener>
  readonly abort: AbortController
  readonly result: Promise<string>
}

export function createSharing(): Sharing {
  const running = new Map<string, Work>()

  function begin(key: string, start: (shared: Listener) => Promise<string>): Work {
    const callers = new Set<Listener>()
    const abort = new AbortController()
    const emit = (text: string): void => {
      work.said += text
      for (const caller of callers) caller.emit(text)
    }
    const { promise, resolve } = Promise.withResolvers<string>()
    const work: Work = { said: '', callers, abort, result: promise }
    running.set(key, work)
    resolve(start({ emit, signal: abort.signal }).finally(() => forget(key, work)))
    return work
  }

  /** A new caller may have begun anew meanwhile: that work stays. */
  function forget(key: string, work: Work): void {
    if (running.get(key) === work) running.delete(key)
  }

  return {
    isRunning: (key) => running.has(key),
    join(key, caller, start) {
      const work = running.get(key) ?? begin(key, start)
      if (work.said) caller.emit(work.said)
      work.callers.add(caller)
      const leave = (): void => {
        work.callers.delete(caller)
        if (work.callers.size > 0) return
        forget(key, work)
        work.abort.abort()
      }
      if (caller.signal.aborted) leave()
      else caller.signal.addEventListener('abort', leave, { once: true })
      return work.result
    },
  }
}
