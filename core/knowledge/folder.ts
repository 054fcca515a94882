import { randomUUID } from 'node:crypto'
import { mkdir, open, realpath, rename, rm } from 'node:fs/promises'
import { dirname, join, sep } from 'node:path'
import { problem, problemFrom } from '../errors.ts'

/**
 * Puts a file into a folder in one step; a link of that name is replaced, never followed. On disk when it resolves.
 * @throws Problem `body_invalid` for a name that is no plain file name, `storage_failed`
 */
export async function putFile(folder: string, name: string, bytes: Buffer): Promise<void> {
  if (!isFileName(name)) throw problem('body_invalid', `name: "${name}" is no plain file name`)
  const draft = join(folder, `.${randomUUID()}.draft`)
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 })
    await write(draft, bytes)
    await rename(draft, join(folder, name))
  } catch (cause) {
    await rm(draft, { force: true })
    throw problemFrom(cause, 'storage_failed', (cause as Error).message)
  }
}

async function write(path: string, bytes: Buffer): Promise<void> {
  await using file = await open(path, 'wx', 0o600)
  await file.writeFile(bytes)
  await file.sync()
}

/** Deletes a file, but never through a link that leads out of the folder. */
export async function removeFile(folder: string, name: string): Promise<void> {
  const path = join(folder, name)
  const [root, parent] = await Promise.all([folder, dirname(path)].map(realPathOf))
  const isInside = root !== undefined && parent !== undefined && `${parent}${sep}`.startsWith(`${root}${sep}`)
  if (isInside) await rm(path, { force: true })
}

const realPathOf = (path: string): Promise<string | undefined> => realpath(path).catch(() => undefined)

/** One that every file system takes, and that no scan passes over. */
const isFileName = (name: string): boolean =>
  name !== '' &&
  Buffer.byteLength(name) <= 200 &&
  !/[\p{Cc}\p{Cf}\p{Cs}/\\:*?"<>|]/u.test(name) &&
  !/^[.~\s]|[.\s~]$/.test(name) &&
  !/^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i.test(name)
