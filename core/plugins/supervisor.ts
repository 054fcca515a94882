import { join } from 'node:path'
import type { Log } from '../log.ts'
import { createKeeper, type Keeper } from './keeper.ts'
import { folderOf, type Manifest } from './manifest.ts'
import { createPorts } from './port.ts'

/** All that a plugin sees of the environment that Core runs in. */
const INHERITED = ['PATH', 'HOME', 'LANG', 'TZ', 'NODE_COMPILE_CACHE', 'MALLOC_ARENA_MAX']

/** Starts plugins of external_plugins, restarts those that end, and stops them. */
export interface Supervisor {
  /** Whether it has a plugin.yml. */
  canStart(id: string): boolean
  /** Keeps it running from now on. Never throws: what goes wrong is its state. */
  start(id: string): void
  /** Resolves when its process has ended. Again, or before it has started, is harmless. */
  stop(id: string): Promise<void>
  /** Whether it is kept running. */
  keeps(id: string): boolean
  /** Whether a process of it is alive. */
  runs(id: string): boolean
  manifest(id: string): Manifest | undefined
  becameReady(id: string): void
  /** Stops all of them. */
  close(): Promise<void>
}

export interface SupervisorParts {
  readonly folders: readonly string[]
  readonly home: { readonly config: string; readonly database: string }
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly execPath: string
  readonly coreUrl: () => string
  readonly log: Log
  /** A new token for each process. */
  readonly issueToken: (id: string) => Promise<string>
  readonly onState: (id: string, state: 'starting' | 'offline' | 'failed') => void
}

export function createSupervisor(parts: SupervisorParts): Supervisor {
  const { folders, home, environment, execPath, log } = parts
  const ports = createPorts()
  const kept = new Map<string, Keeper>()
  const leaving = new Map<string, Promise<void>>()

  const environmentOf = async (id: string, port: number): Promise<Record<string, string>> => ({
    ...inherited(environment),
    CORE_URL: parts.coreUrl(),
    CORE_API_KEY: await parts.issueToken(id),
    PORT: String(port),
    PLUGIN_DATA: join(home.database, `${id}_store`),
    PLUGIN_CONFIG: join(home.config, `${id}.yml`),
    HOMECLAW_SUPERVISED: '1',
  })

  const keep = (id: string): Keeper =>
    createKeeper({
      id,
      folders,
      execPath,
      path: environment['PATH'] ?? '',
      ports,
      environmentOf: (port) => environmentOf(id, port),
      onState: (state) => parts.onState(id, state),
      log: log.child({ plugin: id }),
      before: leaving.get(id),
    })

  function stop(id: string): Promise<void> {
    const keeper = kept.get(id)
    if (keeper) {
      kept.delete(id)
      leaving.set(id, keeper.stop())
    }
    return leaving.get(id) ?? Promise.resolve()
  }

  return {
    canStart: (id) => folderOf(folders, id) !== undefined,
    start(id) {
      if (!kept.has(id)) kept.set(id, keep(id))
    },
    stop,
    keeps: (id) => kept.has(id),
    runs: (id) => kept.get(id)?.running ?? false,
    manifest: (id) => kept.get(id)?.manifest,
    becameReady: (id) => kept.get(id)?.becameReady(),
    async close() {
      await Promise.all([...kept.keys(), ...leaving.keys()].map(stop))
    },
  }
}

function inherited(environment: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const known = INHERITED.map((name) => [name, environment[name]] as const)
  return Object.fromEntries(known.filter((entry): entry is [string, string] => entry[1] !== undefined))
}
