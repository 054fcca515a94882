import type { CoreConfig } from '../config/schema.ts'
import type { Log } from '../log.ts'
import type { Roster } from './known.ts'
import type { Supervisor } from './supervisor.ts'
import type { Tokens } from './tokens.ts'

/** What core.yml makes of a plugin: not called at all, kept running by Core, or run by somebody else. */
export type Mode = 'off' | 'kept' | 'free'

/** Brings plugins into the mode that core.yml gives them. */
export interface Modes {
  /** As last followed; of one that was never seen, as core.yml says now. */
  of(id: string): Mode
  follow(ids: Iterable<string>): void
}

export function createModes({
  config,
  roster,
  supervisor,
  tokens,
  log,
}: {
  config: () => Pick<CoreConfig, 'plugins'>
  roster: Roster
  supervisor: Supervisor
  tokens: Tokens
  log: Log
}): Modes {
  const modes = new Map<string, Mode>()

  function configured(id: string): Mode {
    const plugin = Object.hasOwn(config().plugins, id) ? config().plugins[id] : undefined
    if (!plugin) return 'free'
    if (!plugin.enabled) return 'off'
    return plugin.start && supervisor.canStart(id) ? 'kept' : 'free'
  }

  function change(id: string, before: Mode | undefined, now: Mode): void {
    if (before === 'kept') letGo(id)
    if (now === 'kept') start(id)
    else if (now === 'off') roster.find(id)?.breaker.rest('offline')
    else if (before !== 'kept' && roster.find(id)?.registration) void roster.of(id).breaker.watch()
  }

  function start(id: string): void {
    roster.of(id).breaker.rest('starting')
    supervisor.start(id)
  }

  /** Its token ends with it, so that it cannot come back by itself. */
  function letGo(id: string): void {
    roster.of(id).breaker.rest('offline')
    Promise.all([supervisor.stop(id), tokens.revoke(id)]).catch((error: unknown) =>
      log.error({ plugin: id, err: error }, 'plugin could not be stopped cleanly'),
    )
  }

  return {
    of: (id) => modes.get(id) ?? configured(id),
    follow(ids) {
      for (const id of ids) {
        const [before, now] = [modes.get(id), configured(id)]
        modes.set(id, now)
        if (before !== now) change(id, before, now)
      }
    },
  }
}
