/** One line of jobs per key: each waits for the one before it, whatever became of that. */
export interface Queues {
  run<T>(key: string, job: () => Promise<T>): Promise<T>
  /** Resolves when no line has a job left. */
  idle(): Promise<void>
}

export function createQueues(): Queues {
  const last = new Map<string, Promise<unknown>>()
  return {
    run(key, job) {
      const before = last.get(key) ?? Promise.resolve()
      const result = before.then(job)
      const settled: Promise<unknown> = Promise.allSettled([result]).then(
        () => last.get(key) === settled && last.delete(key),
      )
      last.set(key, settled)
      return result
    },
    async idle() {
      while (last.size > 0) await Promise.all(last.values())
    },
  }
}
