/** A copy is written in many steps; what is there after this long a silence, in ms, is what was meant. */
const SETTLED = 300
/** But what never falls silent is looked at after this long, in ms. */
const LATEST = 3_000

/** Who's folder is looked through when: one after the other, each as often as needed. */
export interface Rounds {
  /** Looks and reads. Who asks while one of the same person waits for its turn gets that one. */
  now(userId: string): Promise<void>
  /** The same, when the folder has fallen silent. */
  soon(userId: string): void
  isSoon(userId: string): boolean
  /** Does something else between two of them. */
  between<T>(job: () => Promise<T>): Promise<T>
  /** Begins no more, and waits for what runs. */
  close(): Promise<void>
}

/**
 * @param visit looks through the folder of one person
 * @param onIdle nobody waits any more
 * @param onError of a round that nobody waits for
 */
export function createRounds({
  first,
  visit,
  onIdle,
  onError,
}: {
  first: Promise<void>
  visit: (userId: string) => Promise<void>
  onIdle: () => Promise<void>
  onError: (error: unknown, userId: string) => void
}): Rounds {
  const waiting = new Map<string, Promise<void>>()
  const timers = new Map<string, { since: number; timer: NodeJS.Timeout }>()
  let lane = first
  let closed = false

  function between<T>(job: () => Promise<T>): Promise<T> {
    const done = lane.then(job)
    const tail = done.then(
      () => undefined,
      () => undefined,
    )
    lane = tail
    void tail.then(() => (lane === tail ? onIdle() : undefined))
    return done
  }

  function now(userId: string): Promise<void> {
    const known = waiting.get(userId)
    if (known) return known
    const round = between(async () => {
      waiting.delete(userId)
      if (!closed) await visit(userId)
    })
    waiting.set(userId, round)
    return round
  }

  function begin(userId: string): void {
    timers.delete(userId)
    now(userId).catch((error: unknown) => onError(error, userId))
  }

  return {
    now,
    soon(userId) {
      const { since, timer } = timers.get(userId) ?? { since: Date.now() }
      if (closed || (timer && Date.now() - since > LATEST)) return
      clearTimeout(timer)
      timers.set(userId, { since, timer: setTimeout(begin, SETTLED, userId).unref() })
    },
    isSoon: (userId) => timers.has(userId),
    between,
    async close() {
      closed = true
      for (const { timer } of timers.values()) clearTimeout(timer)
      await lane
    },
  }
}
