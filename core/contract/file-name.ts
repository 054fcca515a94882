import { createHash } from 'node:crypto'

/** Names that Windows keeps for devices. */
const RESERVED = /^(con|prn|aux|nul|com\d|lpt\d)$/
const PLAIN = /^[a-z0-9][a-z0-9-]{0,40}$/

/**
 * A file name for an id that may be anything, the same in Core and in plugins. Two ids never get the same one, also where upper and lower case are the
 * same: only plain ids stand for themselves, all others carry a hash. Never holds `_`, `.` or a separator.
 */
export function fileNameOf(id: string): string {
  if (PLAIN.test(id) && !RESERVED.test(id)) return id
  const hash = createHash('sha256').update(Buffer.from(id, 'utf16le')).digest('hex').slice(0, 16)
  return `${slugOf(id)}~${hash}`
}

/** What is readable of it, so that a person finds the file. */
function slugOf(id: string): string {
  const letters = id.slice(0, 200).normalize('NFKD').toLowerCase()
  return letters
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-+|-+$/g, '')
    .slice(0, 20)
}
