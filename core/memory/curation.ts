import type { MemoryEntry } from '#contract'
import type { Database } from '../database.ts'
import type { Changes } from './changes.ts'
import { createEntries } from './entries.ts'
import type { Memory } from './memory.ts'

/** Memories of one write: bounds how long others wait for it. */
const BATCH = 100

/**
 * What a person does with what is remembered: see, correct, supersede, take along.
 * @param onAdded something waits for the index
 * @param onReplaced something in the index is not wanted any more
 */
export function createCuration({
  database,
  changes,
  onAdded,
  onReplaced,
}: {
  database: Database
  changes: Changes
  onAdded: () => void
  onReplaced: () => void
}): Pick<Memory, 'get' | 'list' | 'edit' | 'supersede' | 'restore'> {
  const entries = createEntries(database.sql)
  const inBatches = async <T>(all: readonly T[], job: (one: T) => void): Promise<void> => {
    for (let at = 0; at < all.length; at += BATCH) {
      await database.write(() => all.slice(at, at + BATCH).forEach(job))
    }
  }

  return {
    ...entries,
    async edit(namespace, id, text) {
      await database.write(() => changes.edit(namespace, id, text, new Date().toISOString()))
      onAdded()
      onReplaced()
      return entries.get(namespace, id)
    },
    async supersede(namespace, id, by) {
      const now = new Date().toISOString()
      const done = await database.write(() => changes.supersede(namespace, id, by, now))
      return done ? entries.get(namespace, id) : undefined
    },
    async restore(namespace, whole) {
      const ids = new Map<string, string>()
      await inBatches(whole, (entry) => {
        const id = changes.restore(namespace, entry)
        if (id !== undefined) ids.set(entry.id, id)
      })
      await inBatches(whole, (entry) => rejoin(namespace, entry, ids))
      onAdded()
      return { added: ids.size, known: whole.length - ids.size }
    },
  }

  function rejoin(namespace: string, { id, superseded_by: by }: MemoryEntry, ids: Map<string, string>): void {
    const own = ids.get(id)
    if (own !== undefined && by !== undefined) changes.rejoin(namespace, own, ids.get(by) ?? by)
  }
}
