import type { CoreConfig } from '../config/schema.ts'
import type { Database, Migration } from '../database.ts'
import type { Log } from '../log.ts'
import type { Outbound } from '../outbound.ts'
import { auditMigration } from './audit.ts'
import { budgetMigration, type ModelUse } from './budget.ts'
import { createAddresses } from './address.ts'
import { createCalls } from './calls.ts'
import { createJournal } from './journal.ts'
import { createRoster } from './known.ts'
import { createListing } from './listing.ts'
import { createModes } from './modes.ts'
import { nameOfId } from './name.ts'
import type { Plugins } from './plugins.ts'
import { createRegistering } from './registering.ts'
import { registryMigration } from './registry.ts'
import { createSupervisor } from './supervisor.ts'
import { createTokens, tokenMigration } from './tokens.ts'

export const pluginMigrations: readonly Migration[] = [
  registryMigration,
  tokenMigration,
  budgetMigration,
  auditMigration,
]

/** How long `settled` waits for plugins that are still starting. */
const SETTLE_MS = 5_000

export interface PluginsParts {
  readonly database: Database
  /** Tokens are derived from it: with another secret all earlier ones are refused. */
  readonly secret: string
  /** core.yml as it is now. */
  readonly config: () => Pick<CoreConfig, 'plugins'>
  readonly outbound: Outbound
  /** Where plugins to be started lie: a folder each, with a plugin.yml. */
  readonly folders: readonly string[]
  /** PLUGIN_CONFIG and PLUGIN_DATA are made of these. */
  readonly home: { readonly config: string; readonly database: string }
  /** Where plugins reach Core. Asked at each start of one. */
  readonly coreUrl: () => string
  /** The environment of Core; a plugin gets a few names of it. */
  readonly environment: Readonly<Record<string, string | undefined>>
  /** What `node` means in a plugin.yml. */
  readonly execPath: string
  /** How much of the language model a plugin has used today. */
  readonly modelUse: (pluginId: string) => ModelUse
  readonly log: Log
}

/** Knows the registered plugins and keeps those of `folders` running. Nothing happens before the first `applyConfig`. */
export function createPlugins(parts: PluginsParts): Plugins {
  const { database, secret, config, log } = parts
  const tokens = createTokens({ database, secret })
  const journal = createJournal({ log, now: () => new Date() })
  const addresses = createAddresses(parts.outbound)
  const roster = createRoster({
    addresses,
    journal,
    onState: (id, state) => supervisor.saw(id, state === 'ready' || state === 'degraded'),
  })
  const supervisor = createSupervisor({
    ...parts,
    journal,
    issueToken: (id) => tokens.issue(id),
    onState: (id, state) => roster.of(id).breaker.rest(state),
  })
  const modes = createModes({ config, roster, supervisor, tokens, log })
  const listing = createListing({ roster, supervisor, modes, config, modelUse: parts.modelUse })
  const nameOf = (id: string): string => listing.name(id) ?? nameOfId(id)
  let closing: Promise<void> | undefined

  const isSettled = (): boolean =>
    roster
      .all()
      .filter(({ id }) => supervisor.keeps(id))
      .every(({ breaker }) => breaker.closed || breaker.state === 'failed')

  async function close(): Promise<void> {
    await supervisor.close()
    for (const known of roster.all()) known.disconnect()
  }

  return {
    applyConfig() {
      if (closing) return
      modes.follow(new Set([...Object.keys(config().plugins), ...roster.all().map(({ id }) => id)]))
    },
    ...createRegistering({ database, addresses, roster, supervisor, tokens, modes, log }),
    ...listing,
    ...createCalls({ find: roster.find, nameOf, journal }),
    restart: (pluginId) => modes.restart(listing.entry(pluginId).plugin_id),
    lines: (pluginId) => journal.of(listing.entry(pluginId).plugin_id),
    authenticate: (token) => tokens.authenticate(token),
    onChange: roster.onChange,
    settled: () => until(isSettled, roster.onChange),
    close: () => (closing ??= close()),
  }
}

/** Resolves when it holds, asked after each change, and after `SETTLE_MS` at the latest. */
function until(holds: () => boolean, onChange: (listener: () => void) => () => void): Promise<void> {
  if (holds()) return Promise.resolve()
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer)
      undo()
      resolve()
    }
    const timer = setTimeout(done, SETTLE_MS)
    const undo = onChange(() => {
      if (holds()) done()
    })
  })
}
