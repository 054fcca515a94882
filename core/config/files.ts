import { constants } from 'node:fs'
import {
  access,
  type FileHandle,
  mkdir,
  open,
  readdir,
  readFile,
  realpath,
  rename,
  rm,
  stat,
} from 'node:fs/promises'
import { basename, dirname, join, relative } from 'node:path'

/**
 * Makes a home usable: folders, and every default file that it lacks. What is there is never touched.
 * @param defaults the `config` folder of the repository
 */
export async function prepareHome(home: string, defaults: string): Promise<void> {
  const config = join(home, 'config')
  await mkdir(config, { recursive: true })
  for (const folder of ['database', 'workspace'])
    await mkdir(join(home, folder), { recursive: true, mode: 0o700 })
  for (const entry of await readdir(defaults, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue
    const from = join(entry.parentPath, entry.name)
    const to = join(config, relative(defaults, from))
    if (await exists(to)) continue
    await mkdir(dirname(to), { recursive: true })
    await writeWhole(to, await readFile(from, 'utf8'))
  }
}

/**
 * Replaces a file in one step: whoever reads it, and whatever power cut comes, finds the old text or the new one.
 * On disk when it resolves. Keeps the file's mode, and a link stays a link.
 */
export async function writeWhole(path: string, text: string): Promise<void> {
  const isThere = await exists(path)
  const file = isThere ? await realpath(path) : path
  const folder = dirname(file)
  const draft = join(folder, `.${basename(file)}.${process.pid}.draft`)
  try {
    await writeThrough(draft, text, isThere ? (await stat(file)).mode : undefined)
    await rename(draft, file)
  } catch (error) {
    await rm(draft, { force: true })
    throw error
  }
  if (process.platform !== 'win32') await withFile(folder, 'r', (directory) => directory.sync())
}

const writeThrough = (path: string, text: string, mode: number | undefined): Promise<void> =>
  withFile(path, 'w', async (file) => {
    if (mode !== undefined) await file.chmod(mode)
    await file.writeFile(text)
    await file.sync()
  })

async function withFile(
  path: string,
  flags: string,
  use: (file: FileHandle) => Promise<void>,
): Promise<void> {
  const file = await open(path, flags)
  try {
    await use(file)
  } finally {
    await file.close()
  }
}

const exists = (path: string): Promise<boolean> =>
  access(path, constants.F_OK).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return false
      throw error
    },
  )
