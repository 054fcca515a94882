import type { PluginState } from '#contract'

/** What a health check found: 2xx, another status, no answer in time, no connection. */
export type Health = 'well' | 'unwell' | 'slow' | 'gone'
/** What a call found. `misbehaved`: it answered, but not as the contract says. */
export type Outcome = 'answered' | 'misbehaved' | 'timeout' | 'unreachable'

/** Time-outs in a row after which a plugin counts as offline. */
const MAX_TIMEOUTS = 2
/** One health check a second while it is offline. */
const PROBE_MS = 1_000
/** A look now and then while it is up, so that a dead one is seen before somebody writes to it. */
const WATCH_MS = 5_000

/** The state of one plugin, fed by real calls and by health checks. */
export interface Breaker {
  readonly state: PluginState
  /** Whether calls may go out. While not, they fail without any I/O. */
  readonly closed: boolean
  /** Changes whenever what calls in flight will find says nothing any more about the plugin as it is now. */
  readonly era: number
  /** What a call found that was made in `era`. */
  report(era: number, outcome: Outcome): void
  /** Begins anew: checks health now, and from then on; at most one check is under way. Resolves after the first. */
  watch(): Promise<void>
  /** No calls, no checks. */
  rest(state: 'starting' | 'offline' | 'failed'): void
}

export function createBreaker({
  health,
  onChange,
}: {
  health: () => Promise<Health>
  onChange: (state: PluginState) => void
}): Breaker {
  let state: PluginState = 'offline'
  let era = 0
  let timeouts = 0
  let next: NodeJS.Timeout | undefined

  const isClosed = (): boolean => state === 'ready' || state === 'degraded'

  function become(changed: PluginState): void {
    if (changed === state) return
    state = changed
    onChange(state)
  }

  function beginEra(): number {
    clearTimeout(next)
    timeouts = 0
    return ++era
  }

  async function check(own: number, anew: boolean): Promise<void> {
    const found = await health()
    if (own !== era) return
    if (found === 'well' && (anew || !isClosed())) become('ready')
    else if (found === 'gone' && isClosed()) return open()
    next = setTimeout(() => check(own, false), isClosed() ? WATCH_MS : PROBE_MS).unref()
  }

  /** The first probe goes out at once: one broken connection of a healthy plugin costs nobody a second. */
  function open(): Promise<void> {
    become('offline')
    return check(beginEra(), true)
  }

  function report(own: number, outcome: Outcome): void {
    if (own !== era || !isClosed()) return
    timeouts = outcome === 'timeout' ? timeouts + 1 : 0
    if (outcome === 'unreachable' || timeouts >= MAX_TIMEOUTS) void open()
    else become(outcome === 'answered' ? 'ready' : 'degraded')
  }

  return {
    get state() {
      return state
    },
    get closed() {
      return isClosed()
    },
    get era() {
      return era
    },
    report,
    watch: () => check(beginEra(), true),
    rest(resting) {
      beginEra()
      become(resting)
    },
  }
}
