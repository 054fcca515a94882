import { hash } from 'node:crypto'
import { createReadStream, type Dirent, existsSync } from 'node:fs'
import { mkdir, open, readdir, rm } from 'node:fs/promises'
import { join, relative, sep } from 'node:path'
import { fileNameOf } from '#contract/file-name'
import { problemFrom } from '../errors.ts'

/** The folders of people: `workspace/<user>/`, `workspace/companion/` while nobody is picked. */
export interface Workspace {
  /**
   * Stores attachments (data: URLs) in the user's `files/`, named by day and content, so that the same file sent
   * again that day is stored once. On disk when it resolves. Gives the names.
   * @throws Problem `message_invalid` for what is no data: URL, `storage_failed` when the disk refuses
   */
  storeFiles(userId: string, dataUrls: readonly string[]): Promise<string[]>
  /** Deletes stored files; one that is not there is none. */
  removeFiles(userId: string, names: readonly string[]): Promise<void>
  /** All files of this person, knowledge included; nothing that a link leads to. Paths are `files/…`, `knowledge/…`. */
  list(userId: string): Promise<OwnFile[]>
  /** Deletes all of them; the folders that Core watches stay. */
  empty(userId: string): Promise<void>
}

/** A file of a person. */
export interface OwnFile {
  readonly path: string
  /** The file, in pieces of so many bytes at most. */
  pieces(most: number): AsyncIterable<Uint8Array>
}

/** Where a person puts files for Core to read: `workspace/<user>/knowledge/`. */
export const knowledgeFolder = (workspace: string, userId: string): string =>
  join(workspace, fileNameOf(userId), 'knowledge')

export function createWorkspace(folder: string, now: () => number): Workspace {
  async function list(userId: string): Promise<OwnFile[]> {
    const root = join(folder, fileNameOf(userId))
    const entries = await entriesOf(root, true)
    return entries
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => join(parentPath, name))
      .map((path) => ({
        path: relative(root, path).replaceAll(sep, '/'),
        pieces: (most) => createReadStream(path, { highWaterMark: most }),
      }))
  }

  return {
    list,
    async empty(userId) {
      const root = join(folder, fileNameOf(userId))
      await onDisk(async () => {
        for (const entry of await entriesOf(root)) {
          const path = join(root, entry.name)
          const doomed = entry.isDirectory() ? await entriesOf(path) : [entry]
          for (const { parentPath, name } of doomed)
            await rm(join(parentPath, name), { recursive: true, force: true })
        }
      })
    },
    async storeFiles(userId, dataUrls) {
      if (dataUrls.length === 0) return []
      const files = join(folder, fileNameOf(userId), 'files')
      const contents = await Promise.all(dataUrls.map(decode))
      await onDisk(() => mkdir(files, { recursive: true }))
      const { default: mime } = await import('mime')
      const day = new Date(now()).toISOString().slice(0, 10)
      return Promise.all(
        contents.map(async ({ type, bytes }) => {
          const name = `${day}-${hash('sha256', bytes).slice(0, 16)}.${mime.getExtension(type) ?? 'bin'}`
          await onDisk(() => writeDurably(join(files, name), bytes))
          return name
        }),
      )
    },
    async removeFiles(userId, names) {
      const files = join(folder, fileNameOf(userId), 'files')
      await onDisk(() => Promise.all(names.map((name) => rm(join(files, name), { force: true }))))
    },
  }
}

/** What Node's own reader of data: URLs (RFC 2397) takes, which needs a hundred times as long for a large one. */
async function decode(url: string): Promise<{ type: string; bytes: Buffer }> {
  const [start = '', type = ''] = /^data:([^,;]+\/[^,]*);base64,/i.exec(url) ?? []
  const data = url.slice(start.length)
  if (start && data.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(data))
    return { type, bytes: Buffer.from(data, 'base64') }
  try {
    const blob = await (await fetch(url)).blob()
    return { type: blob.type, bytes: Buffer.from(await blob.arrayBuffer()) }
  } catch (cause) {
    throw problemFrom(cause, 'message_invalid', 'an attachment is not a valid data: URL')
  }
}

/** A folder that is not there is empty. */
async function entriesOf(folder: string, recursive = false): Promise<Dirent[]> {
  if (!existsSync(folder)) return []
  return onDisk(() => readdir(folder, { withFileTypes: true, recursive }))
}

async function writeDurably(path: string, bytes: Buffer): Promise<void> {
  await using file = await open(path, 'w', 0o600)
  await file.writeFile(bytes)
  await file.sync()
}

async function onDisk<T>(write: () => Promise<T>): Promise<T> {
  try {
    return await write()
  } catch (cause) {
    throw problemFrom(cause, 'storage_failed', (cause as Error).message)
  }
}
