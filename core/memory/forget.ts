import type { MemoriesRemoved } from '#contract'
import type { Database } from '../database.ts'
import type { Log } from '../log.ts'
import type { Changes, Taken } from './changes.ts'
import type { Memory } from './memory.ts'
import type { Mirror } from './mirror.ts'

/** Memories of one write: bounds how long others wait for it. */
const BATCH = 50

/** See `Memory.forget`. */
export function createForget({
  database,
  changes,
  mirror,
  log,
}: {
  database: Database
  changes: Changes
  mirror: Mirror
  log: Log
}): Memory['forget'] {
  /** Whether the vectors are off the disk; if not, `forgotten` still names them for the next start. */
  async function purge(): Promise<boolean> {
    try {
      await mirror.purge()
      return true
    } catch (err) {
      log.error({ err }, 'memory.purge_failed')
      return false
    }
  }

  return async (namespace, which) => {
    const taken: Taken[] = []
    for (let all = false; !all;) {
      const batch = await database.write(() => changes.take(namespace, which, BATCH))
      if (batch.memories > 0) taken.push(batch)
      all = 'id' in which || batch.memories < BATCH
    }
    if (taken.length === 0) return NOTHING
    const places = [
      { place: 'record', done: true },
      { place: 'full_text', done: true },
      { place: 'vectors', done: await purge() },
      { place: 'write_ahead_log', done: database.emptyLog() },
    ] as const
    const messages = taken.flatMap((batch) => batch.messages)
    return {
      memories: taken.reduce((sum, batch) => sum + batch.memories, 0),
      earlier: taken.reduce((sum, batch) => sum + batch.earlier, 0),
      removed_from: places.filter(({ done }) => done).map(({ place }) => place),
      pending: places.filter(({ done }) => !done).map(({ place }) => place),
      messages: [...new Map(messages.map((one) => [JSON.stringify(one), one])).values()],
    }
  }
}

const NOTHING: MemoriesRemoved = { memories: 0, earlier: 0, removed_from: [], pending: [], messages: [] }
