import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'

/** The owner key: the configured one, else the one in `owner.key`, made at the first start (design section 7). */
export const ownerKeyOf = (folder: string, configured: string): string =>
  configured || secretIn(join(folder, 'owner.key'))

/** What tokens and hashes of this Core are derived from; made at the first start. */
export const coreSecretOf = (folder: string): string => secretIn(join(folder, 'core.secret'))

/** The keys by which push services know this Core (VAPID); made at the first start. With others, no device is reached. */
export function pushKeysOf(folder: string): VapidKeys {
  const file = join(folder, 'push.keys')
  const kept = keptIn(file) ?? keepIn(file, JSON.stringify(newPushKeys()))
  return vapidKeys.parse(JSON.parse(kept))
}

/** A key pair on P-256: the point, uncompressed, and the number (RFC 8292 §2). */
function newPushKeys(): VapidKeys {
  const { x, y, d } = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' })
  const point = Buffer.concat([Buffer.of(4), ...[x, y].map((half) => Buffer.from(half ?? '', 'base64url'))])
  return vapidKeys.parse({ publicKey: point.toString('base64url'), privateKey: d })
}

export type VapidKeys = z.infer<typeof vapidKeys>

const vapidKeys = z.object({ publicKey: z.string(), privateKey: z.string() })

/** Only this user of the machine may read the file. One that a power cut or a full disk left empty is none. */
const secretIn = (file: string): string => keptIn(file) ?? keepIn(file, randomBytes(32).toString('base64url'))

function keptIn(file: string): string | undefined {
  return (existsSync(file) && readFileSync(file, 'utf8').trim()) || undefined
}

function keepIn(file: string, made: string): string {
  writeFileSync(`${file}.draft`, `${made}\n`, { mode: 0o600, flush: true })
  renameSync(`${file}.draft`, file)
  return made
}
