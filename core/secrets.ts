import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** The owner key: the configured one, else the one in `owner.key`, made at the first start (design section 7). */
export const ownerKeyOf = (folder: string, configured: string): string =>
  configured || secretIn(join(folder, 'owner.key'))

/** What tokens and hashes of this Core are derived from; made at the first start. */
export const coreSecretOf = (folder: string): string => secretIn(join(folder, 'core.secret'))

/** Only this user of the machine may read the file. One that a power cut or a full disk left empty is none. */
function secretIn(file: string): string {
  const known = existsSync(file) ? readFileSync(file, 'utf8').trim() : ''
  if (known) return known
  const made = randomBytes(32).toString('base64url')
  writeFileSync(`${file}.draft`, `${made}\n`, { mode: 0o600, flush: true })
  renameSync(`${file}.draft`, file)
  return made
}
