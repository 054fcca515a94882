import { extname } from 'node:path'
import { type Context, Hono } from 'hono'
import type { Chats } from '../chats/chats.ts'
import { problem } from '../errors.ts'
import { assertMayReadOf, mayRead } from '../users/rights.ts'
import { readDataUrl } from '../workspace/data-url.ts'
import { shownName, type Workspace } from '../workspace/workspace.ts'
import { check } from './body.ts'
import type { Env } from './env.ts'
import { whose } from './whose.ts'

/** The kinds of picture that a browser shows and that can run nothing. SVG is none. */
export const PICTURES: Readonly<Record<string, string>> = {
  '.png': 'image/png',
  '.jpg': 'image/jpeg',
  '.jpeg': 'image/jpeg',
  '.gif': 'image/gif',
  '.webp': 'image/webp',
  '.avif': 'image/avif',
}
const PICTURE_TYPES = new Set(Object.values(PICTURES))

interface FileParts {
  readonly workspace: Pick<Workspace, 'readFile'>
  readonly chats: Pick<Chats, 'find' | 'choose'>
}

/** What came with messages, for whom they belong to: `/api/files`, `/api/turns`. */
export function fileRoutes({ workspace, chats }: FileParts): Hono<Env> {
  /** Nobody learns of a turn that is not theirs that there is one. */
  function turnOf(c: Context<Env>, id: string) {
    const turn = chats.find(id)
    if (!turn || !mayRead(c.get('caller'), turn.user_id)) throw problem('not_found', `turn "${id}"`)
    return turn
  }

  return new Hono<Env>()
    .get('/api/files/:name', async (c) => {
      const { user_id } = check(c.req.query(), whose, 'body_invalid')
      assertMayReadOf(c.get('caller'), user_id)
      const name = c.req.param('name')
      const bytes = await workspace.readFile(user_id, name)
      if (!bytes) throw problem('not_found', `file "${name}"`)
      const type = PICTURES[extname(name).toLowerCase()]
      return sendFile(c, { bytes, type, name: shownName(name) })
    })
    .get('/api/turns/:id/images/:at', async (c) => {
      const { id, at } = c.req.param()
      const image = turnOf(c, id).images[Number(at)]
      if (!image?.startsWith('data:')) throw problem('not_found', `picture ${at} in the turn "${id}"`)
      const { bytes, type, name = 'picture' } = await readDataUrl(image)
      return sendFile(c, { bytes, type: typeOfPicture(type), name })
    })
    .post('/api/turns/:id/choose', async (c) => {
      const { id } = c.req.param()
      turnOf(c, id)
      await chats.choose(id)
      return c.json({ ok: true })
    })
}

function typeOfPicture(type: string): string | undefined {
  const [plain = ''] = type.toLowerCase().split(';')
  return PICTURE_TYPES.has(plain) ? plain : undefined
}

/**
 * A file of somebody, for a page to show in itself or to be downloaded: never a document in the origin of Core, whatever
 * is in it.
 * @param type of a picture; everything else is bytes
 */
export function sendFile(
  c: Context<Env>,
  { bytes, type, name }: { bytes: Buffer; type: string | undefined; name: string },
): Response {
  c.header('Content-Type', type ?? 'application/octet-stream')
  c.header('Content-Disposition', `attachment; filename*=UTF-8''${encoded(name)}`)
  c.header('Content-Security-Policy', "default-src 'none'; sandbox")
  c.header('Cross-Origin-Resource-Policy', 'same-origin')
  return c.body(new Uint8Array(bytes))
}

/** RFC 8187: letters, digits and a few signs stay as they are. */
const encoded = (name: string): string =>
  encodeURIComponent(name).replaceAll(/['()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16)}`)
