import { type Grants, MAX_ID, type PluginEntry, normalizeId } from '#contract'
import type { CoreConfig } from '../config/schema.ts'
import { grantedTo } from '../users/rights.ts'
import type { ModelUse } from './budget.ts'
import { Problem, problem } from '../errors.ts'
import type { Known, Roster } from './known.ts'
import type { Manifest } from './manifest.ts'
import type { Modes } from './modes.ts'
import { nameOfId } from './name.ts'
import type { Plugins } from './plugins.ts'
import type { Supervisor } from './supervisor.ts'

/** What there is to see of the plugins: those registered, those that Core keeps running, and those that it could start. */
export function createListing({
  roster,
  supervisor,
  modes,
  config,
  modelUse,
}: {
  roster: Roster
  supervisor: Supervisor
  modes: Modes
  config: () => Pick<CoreConfig, 'plugins'>
  modelUse: (pluginId: string) => ModelUse
}): Pick<Plugins, 'list' | 'entry' | 'state' | 'name' | 'health'> {
  const nameOf = (id: string): string | undefined =>
    roster.find(id)?.registration?.name ?? supervisor.manifest(id)?.name

  function entryOf(id: string): PluginEntry {
    const known = roster.find(id)
    const registration = known?.registration
    const { base_url, path, timeout_sec } = registration?.config ?? {}
    const { manifest, fault } = manifestOf(id)
    const mode = modes.of(id)
    return {
      plugin_id: id,
      name: registration?.name ?? manifest?.name ?? nameOfId(id),
      description: registration?.description ?? manifest?.description ?? '',
      state: known?.breaker.state ?? 'offline',
      mode: mode === 'hand' && !registration ? 'found' : mode,
      ...(fault && { fault }),
      ...(base_url && path && timeout_sec && { config: { base_url, path, timeout_sec } }),
      capabilities: registration?.capabilities ?? [],
      ...(registration?.ui && { ui: registration.ui }),
      may: grantsOf(config(), id),
      model_use: modelUse(id),
    }
  }

  /** One that runs is not looked up on disk. */
  function manifestOf(id: string): { manifest?: Manifest | undefined; fault?: string | undefined } {
    const fault = supervisor.fault(id)
    const manifest = supervisor.manifest(id)
    if (manifest) return { manifest, fault }
    try {
      return { manifest: supervisor.readManifest(id), fault }
    } catch (error) {
      if (!(error instanceof Problem)) throw error
      return { fault: error.message }
    }
  }

  const isThere = ({ id, registration }: Known): boolean => registration !== undefined || supervisor.keeps(id)
  const idsThere = (): Set<string> =>
    new Set([
      ...roster
        .all()
        .filter(isThere)
        .map(({ id }) => id),
      ...supervisor.found(),
    ])

  return {
    list: () => [...idsThere()].sort().map(entryOf),
    entry(pluginId) {
      const id = normalizeId(pluginId)
      if (!idsThere().has(id)) throw problem('plugin_unknown', pluginId.slice(0, MAX_ID))
      return entryOf(id)
    },
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
