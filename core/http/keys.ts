import { hash, randomBytes, timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import type { Database, Migration } from '../database.ts'
import type { Caller } from './env.ts'

export const keyMigrations: readonly Migration[] = [
  {
    id: 'keys-001',
    sql: `
      create table session (
        hash blob primary key,
        owner_key_hash blob not null,
        created_at integer not null,
        expires_at integer not null
      ) strict;
    `,
  },
]

/** The name of the page's cookie. Browsers share cookies among all ports of a host; so each Core of a machine has its own. */
export const sessionCookieOf = ({ host = '' }: IncomingHttpHeaders): string =>
  `homeclaw_session${/:\d+$/.exec(host)?.[0].replace(':', '_') ?? ''}`

/** How long the owner's browser stays logged in, in seconds. */
export const SESSION_SECONDS = 180 * 24 * 60 * 60

export interface Keys {
  /** Who sends these headers; undefined when they carry no valid key. Constant time per kind of key. */
  callerOf(headers: IncomingHttpHeaders): Caller | undefined
  isOwnerKey(key: string): boolean
  /** A new session of the page; give it out as cookie. Only its hash is stored, and it ends when the owner key changes. */
  openSession(): Promise<string>
  closeSession(headers: IncomingHttpHeaders): Promise<void>
}

export interface KeyParts {
  readonly database: Database
  readonly ownerKey: string
  readonly authEnabled: boolean
  readonly pluginOf: (token: string) => string | undefined
  /** Whose a token is that the owner has given out. */
  readonly callerOfToken: (token: string) => Caller | undefined
  readonly now: () => number
}

const digest = (text: string): Buffer => hash('sha256', text, 'buffer')

export function createKeys(parts: KeyParts): Keys {
  const { database, ownerKey, authEnabled, pluginOf, now } = parts
  const owner = digest(ownerKey)
  const find = database.sql.prepare(
    'select 1 from session where hash = ? and owner_key_hash = ? and expires_at > ?',
  )
  const insert = database.sql.prepare('insert into session values (@hash, @owner, @at, @until)')
  const remove = database.sql.prepare('delete from session where hash = ? or expires_at < ?')

  const isOwnerKey = (key: string): boolean => timingSafeEqual(digest(key), owner)

  function callerOf(headers: IncomingHttpHeaders): Caller | undefined {
    const key = keyOf(headers)
    if (key !== undefined) {
      if (isOwnerKey(key)) return { kind: 'owner' }
      const plugin_id = pluginOf(key)
      return plugin_id === undefined ? parts.callerOfToken(key) : { kind: 'plugin', plugin_id }
    }
    if (!authEnabled) return { kind: 'owner' }
    const session = cookieOf(headers)
    const known = session !== undefined && find.get(digest(session), owner, now()) !== undefined
    return known ? { kind: 'owner' } : undefined
  }

  return {
    callerOf,
    isOwnerKey,
    async openSession() {
      const session = randomBytes(32).toString('base64url')
      const at = now()
      await database.write(() =>
        insert.run({ hash: digest(session), owner, at, until: at + SESSION_SECONDS * 1000 }),
      )
      return session
    },
    async closeSession(headers) {
      const session = cookieOf(headers)
      if (session !== undefined) await database.write(() => remove.run(digest(session), now()))
    },
  }
}

/** `X-API-Key` first, then `Authorization: Bearer` (as upstream). */
function keyOf(headers: IncomingHttpHeaders): string | undefined {
  const key = headers['x-api-key']
  if (typeof key === 'string' && key !== '') return key
  return /^Bearer (.+)$/i.exec(headers.authorization ?? '')?.[1]
}

function cookieOf(headers: IncomingHttpHeaders): string | undefined {
  const name = `${sessionCookieOf(headers)}=`
  const pairs = (headers.cookie ?? '').split(';').map((pair) => pair.trim())
  return pairs.find((pair) => pair.startsWith(name))?.slice(name.length)
}
