import { hash } from 'node:crypto'

const PLAIN = /^[a-z0-9][a-z0-9-]{0,40}$/
const DEVICE = /^(con|prn|aux|nul|com\d|lpt\d)$/

/**
 * The file or folder name of an id, the same in Core and in plugins: two ids never share one, on any file system,
 * and no id leaves its folder. Plain ids stay readable; all others get a hash behind `~`.
 * Neither `_` nor `.` occurs in it, so names can be joined with them.
 */
export function fileNameOf(id: string): string {
  if (PLAIN.test(id) && !DEVICE.test(id)) return id
  const slug = id
    .slice(0, 100)
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '')
    .slice(0, 20)
  return `${slug}~${hash('sha256', id).slice(0, 16)}`
}
