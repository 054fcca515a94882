/** Runs work one after the other per key, and side by side across keys. */
export interface Queues {
  run<T>(key: string, work: () => Promise<T>): Promise<T>
}

export function createQueues(): Queues {
  const tails = new Map<string, Promise<unknown>>()
  return {
    run(key, work) {
      const before = tails.get(key)
      const done = before ? before.then(work, work) : work()
      tails.set(key, done)
      const leave = (): void => {
        if (tails.get(key) === done) tails.delete(key)
      }
      done.then(leave, leave)
      return done
    },
  }
}
