import { type FSWatcher, watch } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import type { KnowledgeFile } from '#contract'
import type { Database } from '../database.ts'
import { problem } from '../errors.ts'
import type { Log } from '../log.ts'
import type { Memory } from '../memory/memory.ts'
import { createKnownFiles, type KnownFile } from './files.ts'
import { putFile, removeFile } from './folder.ts'
import { type Knowledge, knowledgeNamespaceOf } from './knowledge.ts'
import { createReader, type Reader } from './reader.ts'
import { createSync } from './sync.ts'

/** A copy is written in many steps; what is there after this long a silence, in ms, is what was meant. */
const SETTLED = 300
/** But what never falls silent is looked at after this long, in ms. */
const LATEST = 3_000
/** What no watcher told of (a network drive, too many watchers) is found after this long, in ms. */
const LOOK_AGAIN = 60_000

/** @param folderOf a person's `knowledge` folder */
export function createKnowledge({
  database,
  memory,
  folderOf,
  log,
  reader = createReader(),
}: {
  database: Database
  memory: Memory
  folderOf: (userId: string) => string
  log: Log
  reader?: Reader
}): Knowledge {
  const known = createKnownFiles(database.sql)
  const sync = createSync({ database, memory, known, reader, log })
  const people = new Map<string, Map<string, FSWatcher>>()
  const waiting = new Map<string, Promise<void>>()
  const soon = new Map<string, { since: number; timer: NodeJS.Timeout }>()
  let lane = database.write(() => known.retryFailed())
  let closed = false

  /** One file is read at a time, whoever's it is; the process goes when nobody's waits. */
  function inLane<T>(job: () => Promise<T>): Promise<T> {
    const done = lane.then(job)
    const tail = done.then(
      () => undefined,
      () => undefined,
    )
    lane = tail
    void tail.then(() => (lane === tail ? reader.rest() : undefined))
    return done
  }

  /** Looks, then reads what has changed. Who asks while one waits for its turn gets that one. */
  function refresh(userId: string): Promise<void> {
    const known = waiting.get(userId)
    if (known) return known
    const look = inLane(async () => {
      waiting.delete(userId)
      if (closed) return
      const seen = await sync.look(userId, folderOf(userId))
      follow(userId, seen.folders)
      await sync.read(userId, seen)
    })
    waiting.set(userId, look)
    return look
  }

  function refreshSoon(userId: string): void {
    const { since, timer } = soon.get(userId) ?? { since: Date.now() }
    if (closed || (timer && Date.now() - since > LATEST)) return
    clearTimeout(timer)
    soon.set(userId, { since, timer: setTimeout(refreshNow, SETTLED, userId).unref() })
  }

  function refreshNow(userId: string): void {
    soon.delete(userId)
    refresh(userId).catch((err: unknown) => log.warn({ err, user: userId }, 'knowledge: not looked through'))
  }

  /** Watches these folders of a person, and no others. */
  function follow(userId: string, folders: readonly string[]): void {
    const watched = people.get(userId)
    if (!watched || closed) return
    for (const [folder, watcher] of watched) {
      if (folders.includes(folder)) continue
      watcher.close()
      watched.delete(folder)
    }
    for (const folder of folders.filter((one) => !watched.has(one))) {
      const watcher = watchFolder(folder, () => refreshSoon(userId))
      if (watcher) watched.set(folder, watcher)
    }
  }

  async function begin(userId: string): Promise<void> {
    await mkdir(folderOf(userId), { recursive: true, mode: 0o700 })
    await refresh(userId)
  }

  const again = setInterval(() => {
    for (const userId of people.keys()) refreshSoon(userId)
  }, LOOK_AGAIN).unref()

  const entry = (userId: string, name: string): KnownFile | undefined =>
    known.of(userId).find((file) => file.name === name)

  return {
    watch(userIds) {
      for (const userId of people.keys()) {
        if (userIds.includes(userId)) continue
        follow(userId, [])
        people.delete(userId)
      }
      for (const userId of userIds.filter((one) => !people.has(one))) {
        people.set(userId, new Map())
        begin(userId).catch((err: unknown) => log.warn({ err, user: userId }, 'knowledge: no folder'))
      }
    },
    async files(userId) {
      const seen = await sync.look(userId, folderOf(userId))
      const before = known.of(userId)
      const stamps = new Map(before.map(({ name, stamp }) => [name, stamp]))
      const changed = seen.files.some(({ name, stamp }) => stamps.get(name) !== stamp)
      if (changed && !soon.has(userId)) refreshSoon(userId)
      return before.map(toEntry)
    },
    search: (userId, text, limit) => memory.search({ namespace: knowledgeNamespaceOf(userId), text, limit }),
    async store(userId, name, bytes) {
      const plain = name.normalize('NFC')
      await putFile(folderOf(userId), plain, bytes)
      await sync.look(userId, folderOf(userId))
      refreshSoon(userId)
      const stored = entry(userId, plain)
      if (!stored) throw problem('conflict', `"${name}" is no name for knowledge: it would not be read`)
      return toEntry(stored)
    },
    async remove(userId, name) {
      const file = entry(userId, name)
      if (!file) return undefined
      return inLane(async () => {
        await removeFile(folderOf(userId), name)
        return sync.forget(userId, name)
      })
    },
    async settled(userId) {
      await refresh(userId)
    },
    async close() {
      closed = true
      clearInterval(again)
      for (const { timer } of soon.values()) clearTimeout(timer)
      for (const watched of people.values()) for (const watcher of watched.values()) watcher.close()
      await reader.rest()
      await lane
      await reader.rest()
    },
  }

  function watchFolder(folder: string, changed: () => void): FSWatcher | undefined {
    const blind = (err: unknown): void => log.warn({ err, folder }, 'knowledge: changes are seen later')
    try {
      return watch(folder, changed).on('error', blind).unref()
    } catch (err) {
      blind(err)
      return undefined
    }
  }
}

const toEntry = ({ stamp: _, hash: __, ...file }: KnownFile): KnowledgeFile => file
