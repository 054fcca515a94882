/** Rings when a moment has come, and when the clock was put back. There is one timer, and none while there is no moment. */
export interface Alarm {
  /** Rings at `at` (ms since 1970), and not at what was set before; undefined: never. */
  set(at: number | undefined): void
}

/**
 * Longest sleep in ms. Timers do not see that the clock was set, and hold 24.8 days at most; so a moment that is far
 * is looked at again after this time, by the clock.
 */
const LONGEST_SLEEP = 30_000

export function createAlarm({ now, ring }: { now: () => number; ring: () => void }): Alarm {
  let timer: NodeJS.Timeout | undefined

  function set(at: number | undefined): void {
    clearTimeout(timer)
    timer = undefined
    if (at === undefined) return
    const before = now()
    const look = (): void => (now() >= at || now() < before ? ring() : set(at))
    timer = setTimeout(look, Math.min(Math.max(at - now(), 0), LONGEST_SLEEP)).unref()
  }

  return { set }
}
