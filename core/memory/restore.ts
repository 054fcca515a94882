import type { MemoryEntry } from '#contract'
import type { Database } from '../database.ts'
import type { Changes } from './changes.ts'

/** Memories of one write: bounds how long others wait for it. */
const BATCH = 100

/** See `Memory.restore`: gives how many were added. What is interrupted may be done again. */
export async function restoreAll(
  { database, changes }: { database: Database; changes: Changes },
  namespace: string,
  entries: readonly MemoryEntry[],
): Promise<number> {
  const ids = new Map<string, string>()
  for (let at = 0; at < entries.length; at += BATCH) {
    await database.write(() => {
      for (const entry of entries.slice(at, at + BATCH)) {
        const id = changes.restore(namespace, entry)
        if (id !== undefined) ids.set(entry.id, id)
      }
    })
  }
  const ended = entries.flatMap(({ id, superseded_by: by }) => {
    const own = ids.get(id)
    return own !== undefined && by !== undefined ? [{ id: own, by: ids.get(by) ?? by }] : []
  })
  for (let at = 0; at < ended.length; at += BATCH) {
    await database.write(() => {
      for (const { id, by } of ended.slice(at, at + BATCH)) changes.rejoin(namespace, id, by)
    })
  }
  return ids.size
}
