import { readFile } from 'node:fs/promises'
import { extname, join } from 'node:path'
import { Hono } from 'hono'
import type { CompanionConfig } from '../config/schema.ts'
import { problem } from '../errors.ts'
import { assertPerson } from '../users/rights.ts'
import type { Env } from './env.ts'
import { PICTURES, sendFile } from './files.ts'

interface PictureParts {
  readonly companions: () => readonly CompanionConfig[]
  /** The folder of core.yml. */
  readonly folder: string
}

/** The pictures of the companions, as core.yml names them, for the owner and people: `/api/companions/{id}/picture`. */
export function pictureRoutes({ companions, folder }: PictureParts): Hono<Env> {
  return new Hono<Env>().get('/api/companions/:id/picture', async (c) => {
    assertPerson(c.get('caller'))
    const id = c.req.param('id')
    const name = companions().find((companion) => companion.id === id)?.picture
    const bytes = name === undefined ? undefined : await readIfThere(join(folder, name))
    if (name === undefined || !bytes) throw problem('not_found', `picture of the companion "${id}"`)
    c.header('Cache-Control', 'private, max-age=300')
    return sendFile(c, { bytes, type: PICTURES[extname(name).toLowerCase()], name })
  })
}

async function readIfThere(path: string): Promise<Buffer | undefined> {
  try {
    return await readFile(path)
  } catch (error) {
    if (['ENOENT', 'EISDIR'].includes(String((error as NodeJS.ErrnoException).code))) return undefined
    throw error
  }
}
