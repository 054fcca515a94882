import { type Registration, normalizeId } from '#contract'
import type { Database } from '../database.ts'
import { problem } from '../errors.ts'
import type { Log } from '../log.ts'
import type { Addresses } from './address.ts'
import type { Roster } from './known.ts'
import type { Modes } from './modes.ts'
import type { Plugins } from './plugins.ts'
import { createRegistry } from './registry.ts'
import type { Supervisor } from './supervisor.ts'
import type { Tokens } from './tokens.ts'

/** Takes registrations, keeps them over a restart, and forgets them. */
export function createRegistering({
  database,
  addresses,
  roster,
  supervisor,
  tokens,
  modes,
  log,
}: {
  database: Database
  addresses: Addresses
  roster: Roster
  supervisor: Supervisor
  tokens: Tokens
  modes: Modes
  log: Log
}): Pick<Plugins, 'register' | 'unregister' | 'unregisterAll'> {
  const registry = createRegistry({ database, addresses, log })

  function connect(registration: Registration): void {
    const id = registration.plugin_id
    roster.of(id).connect(registration, () => tokens.current(id))
  }

  async function unregister(pluginId: string): Promise<boolean> {
    const id = normalizeId(pluginId)
    const known = roster.find(id)
    if (!known?.registration) return false
    known.disconnect()
    await registry.remove(id)
    if (!supervisor.keeps(id)) await tokens.revoke(id)
    return true
  }

  for (const registration of registry.restore()) connect(registration)

  return {
    async register(registration, by) {
      const id = registration.plugin_id
      addresses.of(registration)
      if (by === 'owner' && supervisor.runs(id)) throw problem('conflict', runsAlready(id))
      const token = (by === 'plugin' && tokens.current(id)) || (await tokens.issue(id))
      await registry.save(registration)
      connect(registration)
      if (modes.of(id) !== 'off') await roster.of(id).breaker.watch()
      return { plugin_id: id, registered: true, token }
    },
    unregister,
    async unregisterAll() {
      const ids = roster.all().flatMap(({ id, registration }) => (registration ? [id] : []))
      await Promise.all(ids.map(unregister))
      return ids
    },
  }
}

const runsAlready = (id: string): string =>
  `Core itself runs the plugin "${id}". To start it by hand, set plugins.${id}.start to false in config/core.yml`
