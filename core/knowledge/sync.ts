import type { Database } from '../database.ts'
import type { Log } from '../log.ts'
import type { Memory } from '../memory/memory.ts'
import type { KnownFile, KnownFiles } from './files.ts'
import { knowledgeNamespaceOf, type Passage } from './knowledge.ts'
import { MAX_FILE, type ReadFile } from './read-file.ts'
import type { Reader } from './reader.ts'
import { scanFolder, type Seen, type SeenFile } from './scan.ts'

/** Passages of one write: bounds how long others wait for it. */
const BATCH = 50

/** Keeps what is known of a person's folder equal to it. */
export interface Sync {
  /** Forgets what is gone, and notes what is new or changed as waiting. */
  look(userId: string, folder: string): Promise<Seen>
  /** Reads what waits, one file after the other. */
  read(userId: string, seen: Seen): Promise<void>
  /** Forgets a file, to the last byte. */
  forget(userId: string, name: string): ReturnType<Memory['forget']>
}

export function createSync({
  database,
  memory,
  known,
  reader,
  closing,
  log,
}: {
  database: Database
  memory: Memory
  known: KnownFiles
  reader: Reader
  /** Once it is aborted, no more is read. */
  closing: AbortSignal
  log: Log
}): Sync {
  async function forget(userId: string, name: string): ReturnType<Memory['forget']> {
    const removed = await memory.forget(knowledgeNamespaceOf(userId), { source: { kind: 'file', id: name } })
    await database.write(() => known.remove(userId, name))
    return removed
  }

  async function look(userId: string, folder: string): Promise<Seen> {
    const before = known.of(userId)
    const seen = await scanFolder(folder)
    const names = new Set(seen.files.map(({ name }) => name))
    for (const { name } of before) if (!names.has(name)) await forget(userId, name)
    const fresh = seen.files.filter(({ name }) => !before.some((file) => file.name === name))
    if (fresh.length > 0) {
      await database.write(() => {
        for (const file of fresh) known.add(userId, unread(file))
      })
    }
    return seen
  }

  async function read(userId: string, { files }: Seen): Promise<void> {
    const before = new Map(known.of(userId).map((file) => [file.name, file]))
    for (const file of files) {
      const old = before.get(file.name)
      if (closing.aborted) return
      if (old && old.stamp !== file.stamp) await readOne(userId, file, old)
    }
  }

  async function readOne(userId: string, file: SeenFile, old: KnownFile): Promise<void> {
    const answer = await contentsOf(file)
    if (closing.aborted) return
    const base = { ...unread(file), stamp: file.stamp }
    if (!('error' in answer) && answer.hash === old.hash && old.state === 'ready') {
      await database.write(() => known.put(userId, { ...old, ...stampOf(file) }))
      return
    }
    await database.write(() => known.put(userId, unread(file)))
    await memory.forget(knowledgeNamespaceOf(userId), { source: { kind: 'file', id: file.name } })
    if ('error' in answer) {
      log.info({ file: file.name, user: userId, why: answer.error }, 'knowledge: not read')
      await database.write(() => known.put(userId, { ...base, state: 'failed', detail: answer.error }))
      return
    }
    await store(userId, file.name, answer.passages)
    const { hash, passages, detail } = answer
    const state = passages.length > 0 ? 'ready' : 'failed'
    await database.write(() =>
      known.put(userId, { ...base, hash, state, passages: passages.length, ...(detail && { detail }) }),
    )
    log.info({ file: file.name, user: userId, passages: passages.length }, 'knowledge: read')
  }

  async function contentsOf({ refused, size, path, name }: SeenFile): Promise<ReadFile | { error: string }> {
    if (refused !== undefined) return { error: refused }
    if (size > MAX_FILE) return { error: `is larger than ${MAX_FILE / 1024 / 1024} MB` }
    return reader.read({ path, name })
  }

  async function store(userId: string, name: string, passages: readonly Passage[]): Promise<void> {
    for (let from = 0; from < passages.length; from += BATCH) {
      await database.write(() => {
        for (const [at, { text, place }] of passages.slice(from, from + BATCH).entries()) {
          memory.record({
            namespace: knowledgeNamespaceOf(userId),
            text,
            source: { kind: 'file', id: name, place },
            metadata: { session: name, seq: from + at },
          })
        }
      })
    }
  }

  return { look, read, forget }
}

const stampOf = ({ size, stamp, changed_at }: SeenFile) => ({ size, stamp, changed_at })

/** As it stands before it was read; the empty stamp is that of no file. */
const unread = ({ name, size, changed_at }: SeenFile): KnownFile => ({
  name,
  size,
  changed_at,
  stamp: '',
  hash: null,
  state: 'waiting',
  passages: 0,
})
