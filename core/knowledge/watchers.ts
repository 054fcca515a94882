import { type FSWatcher, watch } from 'node:fs'
import type { Log } from '../log.ts'

/** Tells when something changes in people's folders. */
export interface Watchers {
  people(): readonly string[]
  add(userId: string): void
  drop(userId: string): void
  /** These folders are watched for this person, and no others; nothing for one who was not added. */
  follow(userId: string, folders: readonly string[]): void
  close(): void
}

export function createWatchers({
  onChange,
  log,
}: {
  onChange: (userId: string) => void
  log: Log
}): Watchers {
  const people = new Map<string, Map<string, FSWatcher>>()

  function watchFolder(folder: string, userId: string): FSWatcher | undefined {
    const blind = (err: unknown): void => log.warn({ err, folder }, 'knowledge: changes are seen later')
    try {
      return watch(folder, () => onChange(userId))
        .on('error', blind)
        .unref()
    } catch (err) {
      blind(err)
      return undefined
    }
  }

  function follow(userId: string, folders: readonly string[]): void {
    const watched = people.get(userId)
    if (!watched) return
    for (const [folder, watcher] of watched) {
      if (folders.includes(folder)) continue
      watcher.close()
      watched.delete(folder)
    }
    for (const folder of folders.filter((one) => !watched.has(one))) {
      const watcher = watchFolder(folder, userId)
      if (watcher) watched.set(folder, watcher)
    }
  }

  function drop(userId: string): void {
    follow(userId, [])
    people.delete(userId)
  }

  return {
    people: () => [...people.keys()],
    add: (userId) => void people.set(userId, new Map()),
    drop,
    follow,
    close: () => [...people.keys()].forEach(drop),
  }
}
