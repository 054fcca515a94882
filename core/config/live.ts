import { type FSWatcher, watch } from 'node:fs'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import type { Log } from '../log.ts'
import { ConfigError, type ConfigFault } from './faults.ts'
import type { Environment } from './fill.ts'
import { CORE_FILE, parseConfig, readTexts, type Texts, USERS_FILE } from './load.ts'
import type { Config, CoreConfig } from './schema.ts'

/** The configuration of the running Core. */
export interface LiveConfig {
  /** What holds now. Keys that need a restart keep the values they had at the start. */
  current(): Config
  /** Called after each change that holds at once; returns the undo. */
  onChange(listener: (config: Config) => void): () => void
  /** Reads both files now. With faults in them the last good configuration stays, and the log says what is wrong. */
  reload(): void
  close(): void
}

export interface WatchParts {
  readonly home: string
  readonly env: Environment
  readonly log: Log
  /** What Core started with. */
  readonly first: Config
}

/** Editors write in several steps; what is there after this long a silence is what was meant. */
const SETTLED_MS = 100

/** Sees edits of config/core.yml and config/user.yml on disk, also when an editor replaces the files. */
export function watchConfig({ home, env, log, first }: WatchParts): LiveConfig {
  let config = first
  let reported = ''
  let waiting: NodeJS.Timeout | undefined
  const listeners = new Set<(config: Config) => void>()

  function reload(): void {
    clearTimeout(waiting)
    const read = loaded()
    if (!read) return
    const later = AT_START.filter((key) => !isDeepStrictEqual(first.core[key], read.core[key]))
    report(later.join(', '), () => log.warn({ keys: later }, 'config: takes effect at the next start'))
    const next = { core: withStarted(first.core, read.core), users: read.users }
    if (isDeepStrictEqual(next, config)) return
    config = Object.freeze(next)
    log.info({ users: next.users.length }, 'config: a change takes effect')
    for (const listener of listeners) tell(listener)
  }

  function loaded(): Config | undefined {
    try {
      const texts = readTexts(home)
      const faults = emptied(texts, config)
      if (faults.length > 0) throw new ConfigError(faults)
      return parseConfig(texts, env)
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error
      const { faults, message } = error
      report(message, () => log.error({ faults }, 'config: has faults; the last good one stays in use'))
      return undefined
    }
  }

  /** Says the same thing once, however often the files are saved. */
  function report(what: string, say: () => void): void {
    if (what !== reported && what !== '') say()
    reported = what
  }

  function tell(listener: (config: Config) => void): void {
    try {
      listener(config)
    } catch (err) {
      log.error({ err }, 'config: a change could not be passed on')
    }
  }

  function settle(): void {
    clearTimeout(waiting)
    waiting = setTimeout(() => {
      try {
        reload()
      } catch (err) {
        log.error({ err }, 'config: could not be read')
      }
    }, SETTLED_MS)
  }

  const watcher = watchFolder(join(home, 'config'), settle, log)
  return {
    current: () => config,
    onChange(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    reload,
    close() {
      clearTimeout(waiting)
      listeners.clear()
      watcher?.close()
    },
  }
}

/** Who saves a file may empty it first, and a full disk leaves it so: nobody has to lose their people by that. */
function emptied(texts: Texts, { core, users }: Config): ConfigFault[] {
  const files = [
    ...(texts.core === '' && Object.keys(core.plugins).length > 0 ? [CORE_FILE] : []),
    ...(texts.users === '' && users.length > 0 ? [USERS_FILE] : []),
  ]
  return files.map((file) => ({
    file,
    line: undefined,
    path: '',
    message: 'has become empty. Write a comment into it if that is meant',
  }))
}

function watchFolder(folder: string, changed: () => void, log: Log): FSWatcher | undefined {
  const blind = (err: unknown) => log.warn({ err }, 'config: edits on disk are seen at the next start only')
  try {
    return watch(folder, (_, name) => {
      if (name === null || name === 'core.yml' || name === 'user.yml') changed()
    }).on('error', blind)
  } catch (err) {
    blind(err)
    return undefined
  }
}

/** Keys of core.yml that take effect at the next start. */
export const AT_START = ['host', 'port', 'auth_enabled', 'auth_api_key', 'log_level', 'memory'] as const

/** What was read, with the keys that need a restart as they were at the start. */
function withStarted(started: CoreConfig, read: CoreConfig): CoreConfig {
  const atStart = Object.fromEntries(AT_START.map((key) => [key, started[key]]))
  return Object.freeze({ ...read, ...atStart })
}
