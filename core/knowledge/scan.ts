import type { Dirent } from 'node:fs'
import { lstat, readdir } from 'node:fs/promises'
import { join } from 'node:path'

/** What lies in a folder of knowledge. */
export interface Seen {
  readonly files: readonly SeenFile[]
  /** All folders in it, itself included: what has to be watched. */
  readonly folders: readonly string[]
}

export interface SeenFile {
  /** Path inside the folder, with `/`. */
  readonly name: string
  readonly path: string
  readonly size: number
  /** Another one after each change. */
  readonly stamp: string
  readonly changed_at: string
  /** Why it is not even opened. */
  readonly refused: string | undefined
}

const MOST_FILES = 2_000
const MOST_FOLDERS = 200
const DEEPEST = 6
/** What editors, systems and half-done downloads leave behind. */
const PASSING = /^[.~]|~$|\.(tmp|part|crdownload|swp)$|^(desktop\.ini|thumbs\.db)$/i

/** Looks through a folder without following any link. A folder that is not there is an empty one. */
export async function scanFolder(root: string): Promise<Seen> {
  const files: SeenFile[] = []
  const folders: string[] = []

  async function walk(folder: string, prefix: string, depth: number): Promise<void> {
    if (folders.length >= MOST_FOLDERS) return
    folders.push(folder)
    for (const entry of await entriesOf(folder)) {
      if (files.length >= MOST_FILES) return
      if (PASSING.test(entry.name)) continue
      const path = join(folder, entry.name)
      const name = `${prefix}${entry.name}`
      if (!entry.isDirectory()) files.push(...(await seen(path, name)))
      else if (depth < DEEPEST) await walk(path, `${name}/`, depth + 1)
    }
  }

  await walk(root, '', 0)
  return { files, folders }
}

async function entriesOf(folder: string): Promise<Dirent[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true })
    return entries.toSorted((one, other) => (one.name < other.name ? -1 : 1))
  } catch (error) {
    if (isGone(error)) return []
    throw error
  }
}

/** Nothing when it went meanwhile. */
async function seen(path: string, name: string): Promise<SeenFile[]> {
  try {
    const stats = await lstat(path)
    const { size, mtimeMs, ctimeMs, ino } = stats
    return [
      {
        name: name.normalize('NFC'),
        path,
        size,
        stamp: [size, mtimeMs, ctimeMs, ino].join(' '),
        changed_at: stats.mtime.toISOString(),
        refused: refusal(stats),
      },
    ]
  } catch (error) {
    if (isGone(error)) return []
    throw error
  }
}

function refusal(stats: Awaited<ReturnType<typeof lstat>>): string | undefined {
  if (stats.isSymbolicLink()) return 'is a link; put the file itself here'
  return stats.isFile() ? undefined : 'is no plain file'
}

const isGone = (error: unknown): boolean =>
  ['ENOENT', 'ENOTDIR'].includes(String((error as NodeJS.ErrnoException).code))
