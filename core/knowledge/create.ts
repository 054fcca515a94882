import { mkdir } from 'node:fs/promises'
import type { KnowledgeFile, MemoriesRemoved } from '#contract'
import type { Database } from '../database.ts'
import { problem } from '../errors.ts'
import type { Log } from '../log.ts'
import type { Memory } from '../memory/memory.ts'
import { createKnownFiles, type KnownFile } from './files.ts'
import { putFile, removeFile } from './folder.ts'
import { type Knowledge, knowledgeNamespaceOf } from './knowledge.ts'
import { createReader, type Reader } from './reader.ts'
import { createRounds } from './rounds.ts'
import { createSync } from './sync.ts'
import { createWatchers } from './watchers.ts'

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
  const closing = new AbortController()
  const sync = createSync({ database, memory, known, reader, closing: closing.signal, log })
  const watchers = createWatchers({ onChange: (userId) => rounds.soon(userId), log })
  const rounds = createRounds({
    first: database.write(() => known.retryFailed()),
    visit: async (userId) => {
      const seen = await sync.look(userId, folderOf(userId))
      watchers.follow(userId, seen.folders)
      await sync.read(userId, seen)
    },
    onIdle: reader.rest,
    onError: (err, userId) => log.warn({ err, user: userId }, 'knowledge: not looked through'),
  })
  const again = setInterval(() => watchers.people().forEach(rounds.soon), LOOK_AGAIN).unref()

  async function begin(userId: string): Promise<void> {
    await mkdir(folderOf(userId), { recursive: true, mode: 0o700 })
    await rounds.now(userId)
  }

  const find = (userId: string, name: string): KnownFile | undefined =>
    known.of(userId).find((file) => file.name === name)

  return {
    watch(userIds) {
      const before = watchers.people()
      for (const userId of before.filter((one) => !userIds.includes(one))) watchers.drop(userId)
      for (const userId of userIds.filter((one) => !before.includes(one))) {
        watchers.add(userId)
        begin(userId).catch((err: unknown) => log.warn({ err, user: userId }, 'knowledge: no folder'))
      }
    },
    async files(userId) {
      const seen = await sync.look(userId, folderOf(userId))
      const files = known.of(userId)
      const stamps = new Map(files.map(({ name, stamp }) => [name, stamp]))
      const changed = seen.files.some(({ name, stamp }) => stamps.get(name) !== stamp)
      if (changed && !rounds.isSoon(userId)) rounds.soon(userId)
      return files.map(toEntry)
    },
    search: (userId, text, limit) => memory.search({ namespace: knowledgeNamespaceOf(userId), text, limit }),
    async store(userId, name, bytes) {
      const plain = name.normalize('NFC')
      await putFile(folderOf(userId), plain, bytes)
      await sync.look(userId, folderOf(userId))
      rounds.soon(userId)
      const stored = find(userId, plain)
      if (!stored) throw problem('conflict', `"${name}" is no name for knowledge: it would not be read`)
      return toEntry(stored)
    },
    remove: (userId, name) =>
      rounds.between(async () => {
        if (!find(userId, name)) return undefined
        await removeFile(folderOf(userId), name)
        return sync.forget(userId, name)
      }),
    forgetAll: (userId) =>
      rounds.between(async () => {
        const removed: MemoriesRemoved[] = []
        for (const { name } of known.of(userId)) removed.push(await sync.forget(userId, name))
        return removed
      }),
    settled: (userId) => rounds.now(userId),
    async close() {
      closing.abort()
      clearInterval(again)
      watchers.close()
      const closed = rounds.close()
      await reader.rest()
      await closed
      await reader.rest()
    },
  }
}

function toEntry({ name, size, state, detail, passages, changed_at }: KnownFile): KnowledgeFile {
  return { name, size, state, ...(detail !== undefined && { detail }), passages, changed_at }
}
