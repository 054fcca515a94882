import { type Grants, MAX_ID, type PluginEntry, normalizeId } from '#contract'
import type { CoreConfig } from '../config/schema.ts'
import { problem } from '../errors.ts'
import { grantedTo } from '../users/rights.ts'
import type { ModelUse } from './budget.ts'
import type { Known, Roster } from './known.ts'
import { nameOfId } from './name.ts'
import type { Plugins } from './plugins.ts'
import type { Supervisor } from './supervisor.ts'

/** What there is to see of the plugins: those registered, and those that Core keeps running. */
export function createListing({
  roster,
  supervisor,
  config,
  modelUse,
}: {
  roster: Roster
  supervisor: Supervisor
  config: () => Pick<CoreConfig, 'plugins'>
  modelUse: (pluginId: string) => ModelUse
}): Pick<Plugins, 'list' | 'state' | 'name' | 'health'> {
  const nameOf = (id: string): string | undefined =>
    roster.find(id)?.registration?.name ?? supervisor.manifest(id)?.name

  function entryOf({ id, registration, breaker }: Known): PluginEntry {
    const { base_url, path, timeout_sec } = registration?.config ?? {}
    return {
      plugin_id: id,
      name: nameOf(id) ?? nameOfId(id),
      description: registration?.description ?? supervisor.manifest(id)?.description ?? '',
      state: breaker.state,
      ...(base_url && path && timeout_sec && { config: { base_url, path, timeout_sec } }),
      capabilities: registration?.capabilities ?? [],
      ...(registration?.ui && { ui: registration.ui }),
      may: grantsOf(config(), id),
      model_use: modelUse(id),
    }
  }

  return {
    list: () =>
      roster
        .all()
        .filter(({ id, registration }) => registration || supervisor.keeps(id))
        .map(entryOf),
    state: (pluginId) => roster.find(normalizeId(pluginId))?.breaker.state ?? 'offline',
    name: (pluginId) => nameOf(normalizeId(pluginId)),
    async health(pluginId) {
      const id = normalizeId(pluginId)
      const client = roster.find(id)?.client
      if (!client && !supervisor.keeps(id)) throw problem('plugin_unknown', pluginId.slice(0, MAX_ID))
      return (await client?.health()) === 'well'
    },
  }
}

/** All that core.yml grants; nothing where it says nothing. */
function grantsOf(config: Pick<CoreConfig, 'plugins'>, id: string): Grants {
  const { memory = [], model = false, deliver = false, schedule = false } = grantedTo(id, config) ?? {}
  return { memory: [...memory], model, deliver, schedule }
}
