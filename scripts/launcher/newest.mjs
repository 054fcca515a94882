import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'

/** The latest change in a file or folder; 0 when there is none. */
export function newest(path) {
  if (!existsSync(path)) return 0
  const stat = statSync(path)
  if (!stat.isDirectory()) return stat.mtimeMs
  return Math.max(stat.mtimeMs, ...readdirSync(path).map((name) => newest(join(path, name))))
}
