import { join } from 'node:path'
import { type Problem, problem, problemFrom } from '../errors.ts'
import { createQueues } from '../queues.ts'
import { ConfigError, printFault } from './faults.ts'
import type { Environment } from './fill.ts'
import { writeWhole } from './files.ts'
import type { LiveConfig } from './live.ts'
import { CORE_FILE, parseConfig, readTexts, type Texts, USERS_FILE } from './load.ts'
import type { Config } from './schema.ts'

export interface EditParts {
  readonly home: string
  readonly env: Environment
  readonly live: Pick<LiveConfig, 'reload'>
}

const FILES = { core: CORE_FILE, users: USERS_FILE } as const satisfies Record<keyof Texts, string>

/**
 * Changes one file of the configuration: one edit at a time, each on what is on disk by then, and none that brings a
 * fault in. On disk, and seen by the running Core, when it resolves, with what holds then.
 * @throws Problem `conflict` (a file on disk has faults), `config_invalid`, `storage_failed`, and what `plan` throws
 */
export type Edit = (plan: (text: string, before: Config) => string) => Promise<Config>

export function createEdit(which: keyof Texts, { home, env, live }: EditParts): Edit {
  const queues = createQueues()

  async function write(plan: (text: string, before: Config) => string): Promise<Config> {
    const texts = onDisk(() => readTexts(home))
    const before = onDisk(() => parseConfig(texts, env))
    const text = plan(texts[which], before)
    const after = accepted(() => parseConfig({ ...texts, [which]: text }, env))
    const isUntouched = onDisk(() => readTexts(home))[which] === texts[which]
    if (!isUntouched) return write(plan)
    if (text !== texts[which]) await store(join(home, FILES[which]), text)
    live.reload()
    return after
  }

  return (plan) => queues.run(which, () => write(plan))
}

async function store(path: string, text: string): Promise<void> {
  try {
    await writeWhole(path, text)
  } catch (cause) {
    throw problemFrom(cause, 'storage_failed', (cause as Error).message)
  }
}

function onDisk<T>(read: () => T): T {
  return translated(read, (faults) =>
    problem('conflict', `The configuration on disk has faults. Correct them first: ${faults}`),
  )
}

const accepted = <T>(read: () => T): T => translated(read, (faults) => problem('config_invalid', faults))

function translated<T>(read: () => T, toProblem: (faults: string) => Problem): T {
  try {
    return read()
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    throw toProblem(error.faults.map(printFault).join('; '))
  }
}
