import type { PluginMode } from '#contract'
import type { CoreConfig } from '../config/schema.ts'
import { problem } from '../errors.ts'
import type { Log } from '../log.ts'
import type { Roster } from './known.ts'
import type { Supervisor } from './supervisor.ts'
import type { Tokens } from './tokens.ts'

/** What core.yml makes of a plugin. */
export type Mode = Exclude<PluginMode, 'found'>

/** Brings plugins into the mode that core.yml gives them. */
export interface Modes {
  /** As last followed; of one that was never seen, as core.yml says now. */
  of(id: string): Mode
  follow(ids: Iterable<string>): void
  /** Ends its process and starts another, with a new token. @throws Problem `conflict` when Core does not run it */
  restart(id: string): void
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
    if (!plugin) return 'hand'
    if (!plugin.enabled) return 'off'
    return plugin.start && supervisor.canStart(id) ? 'core' : 'hand'
  }

  function change(id: string, before: Mode | undefined, now: Mode): void {
    if (before === 'core') letGo(id)
    if (now === 'core') start(id)
    else if (now === 'off') roster.find(id)?.breaker.rest('offline')
    else if (before !== 'core' && roster.find(id)?.registration) void roster.of(id).breaker.watch()
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

  function restart(id: string): void {
    if (modes.get(id) !== 'core')
      throw problem('conflict', `Core does not run the plugin "${id}". Enable it, or start it anew by hand`)
    letGo(id)
    start(id)
  }

  return {
    restart,
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
