import { join } from 'node:path'
import { createKeeper, type Keeper } from './keeper.ts'
import type { Journal } from './journal.ts'
import { createLastWill } from './last-will.ts'
import { folderOf, idsIn, type Manifest, readManifest } from './manifest.ts'
import { createPorts } from './port.ts'
import { createStarts } from './starts.ts'

/** All that a plugin sees of the environment that Core runs in. */
const INHERITED = ['PATH', 'HOME', 'LANG', 'TZ', 'NODE_COMPILE_CACHE', 'MALLOC_ARENA_MAX']
/** A small machine has two cores. Who is not ready after a second does not keep the others waiting. */
const STARTS = { atOnce: 2, atLatest: 1_000 }

/** Starts plugins of external_plugins in the order in which it was told to, restarts those that end, and stops them. */
export interface Supervisor {
  /** The ids of all that have a plugin.yml, started or not. */
  found(): string[]
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
  /** Of one that is kept running: as last read. */
  manifest(id: string): Manifest | undefined
  /** Read anew. @throws Problem `config_invalid`; undefined when there is none */
  readManifest(id: string): Manifest | undefined
  /** Why it is not up, in words. */
  fault(id: string): string | undefined
  /** Says whether it is up to its work. */
  saw(id: string, isUp: boolean): void
  /** Stops all of them. */
  close(): Promise<void>
}

export interface SupervisorParts {
  readonly folders: readonly string[]
  readonly home: { readonly config: string; readonly database: string }
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly execPath: string
  readonly coreUrl: () => string
  readonly journal: Journal
  /** A new token for each process. */
  readonly issueToken: (id: string) => Promise<string>
  readonly onState: (id: string, state: 'starting' | 'offline' | 'failed') => void
}

export function createSupervisor(parts: SupervisorParts): Supervisor {
  const { folders, home, environment, execPath, journal } = parts
  const ports = createPorts()
  const starts = createStarts(STARTS)
  const lastWill = createLastWill()
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
      starts,
      lastWill,
      environmentOf: (port) => environmentOf(id, port),
      onState: (state) => parts.onState(id, state),
      journal,
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
    found: () => idsIn(folders),
    canStart: (id) => folderOf(folders, id) !== undefined,
    start(id) {
      if (!kept.has(id)) kept.set(id, keep(id))
    },
    stop,
    keeps: (id) => kept.has(id),
    runs: (id) => kept.get(id)?.isRunning() ?? false,
    manifest: (id) => kept.get(id)?.manifest(),
    readManifest(id) {
      const folder = folderOf(folders, id)
      return folder === undefined ? undefined : readManifest(folder, id)
    },
    fault: (id) => kept.get(id)?.fault(),
    saw: (id, isUp) => kept.get(id)?.saw(isUp),
    async close() {
      await Promise.all([...kept.keys(), ...leaving.keys()].map(stop))
      await lastWill.close()
    },
  }
}

function inherited(environment: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const known = INHERITED.map((name) => [name, environment[name]] as const)
  return Object.fromEntries(known.filter((entry): entry is [string, string] => entry[1] !== undefined))
}
