import { hash } from 'node:crypto'
import { constants, createReadStream, type Dirent, existsSync } from 'node:fs'
import { mkdir, open, readdir, rm } from 'node:fs/promises'
import { join, relative, sep } from 'node:path'
import { fileNameOf } from '#contract/file-name'
import { problemFrom } from '../errors.ts'
import { type Carried, readDataUrl } from './data-url.ts'

/** The folders of people: `workspace/<user>/`, `workspace/companion/` while nobody is picked. */
export interface Workspace {
  /**
   * Stores attachments (data: URLs) in the user's `files/`, named by day, content and the name they came with, so that
   * the same file sent again that day is stored once. On disk when it resolves. Gives the names.
   * @throws Problem `message_invalid` for what is no data: URL, `storage_failed` when the disk refuses
   */
  storeFiles(userId: string, dataUrls: readonly string[]): Promise<string[]>
  /** A stored file; undefined when there is none of this name, or when it is no name that `storeFiles` gives. */
  readFile(userId: string, name: string): Promise<Buffer | undefined>
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
      const contents = await Promise.all(dataUrls.map(readDataUrl))
      await onDisk(() => mkdir(files, { recursive: true }))
      const { default: mime } = await import('mime')
      const day = new Date(now()).toISOString().slice(0, 10)
      return Promise.all(
        contents.map(async (content) => {
          const ending = mime.getExtension(content.type) ?? 'bin'
          const name = `${day}-${hash('sha256', content.bytes).slice(0, 16)}${endOfName(content, ending)}`
          await onDisk(() => writeDurably(join(files, name), content.bytes))
          return name
        }),
      )
    },
    async readFile(userId, name) {
      if (!STORED.test(name)) return undefined
      return readOrNothing(join(folder, fileNameOf(userId), 'files', name))
    },
    async removeFiles(userId, names) {
      const files = join(folder, fileNameOf(userId), 'files')
      await onDisk(() => Promise.all(names.map((name) => rm(join(files, name), { force: true }))))
    },
  }
}

/** What a name given by `storeFiles` looks like: nothing in it leads anywhere else. */
const STORED = /^\d{4}-\d\d-\d\d-[0-9a-f]{16}[-.][\p{L}\p{M}\p{N}._ -]{1,80}$/u
/** Longest part of a name that the person gave, in UTF-16 units. */
const LONGEST_NAME = 60

/** `.png`, or `-holiday.png` for what had a name. */
function endOfName({ name = '' }: Carried, ending: string): string {
  const clean = name
    .normalize('NFC')
    .replaceAll(/[^\p{L}\p{M}\p{N}._ -]+/gu, '_')
    .replaceAll(/^[. ]+|[. ]+$/g, '')
  const [, start = '', own = ''] = /^(.*?)(\.[\p{L}\p{N}]{1,10})?$/u.exec(clean) ?? []
  const short = start.slice(0, LONGEST_NAME).replace(/[\uD800-\uDBFF]$/, '')
  return short ? `-${short}${own || `.${ending}`}` : `.${ending}`
}

/** The name a stored file has for people. */
export const shownName = (stored: string): string => stored.replace(/^\d{4}-\d\d-\d\d-[0-9a-f]{16}-/, '')

/** No link is followed: what lies elsewhere was not stored here. */
async function readOrNothing(path: string): Promise<Buffer | undefined> {
  try {
    await using file = await open(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0))
    return (await file.stat()).isFile() ? await file.readFile() : undefined
  } catch (error) {
    if (NOTHING_THERE.has(String((error as NodeJS.ErrnoException).code))) return undefined
    throw error
  }
}

const NOTHING_THERE = new Set(['ENOENT', 'ENOTDIR', 'ELOOP', 'EISDIR'])

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
