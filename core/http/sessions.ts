import type { OwnTable } from '../belongings/own-table.ts'
import { hash, randomBytes } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import type { Database, Migration } from '../database.ts'
import type { Caller } from './env.ts'

export const sessionMigrations: readonly Migration[] = [
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
  { id: 'keys-002', sql: 'alter table session add column user_id text' },
]

/** The name of the page's cookie. Browsers share cookies among all ports of a host; so each Core of a machine has its own. */
export const sessionCookieOf = ({ host = '' }: IncomingHttpHeaders): string =>
  `homeclaw_session${/:\d+$/.exec(host)?.[0].replace(':', '_') ?? ''}`

/** How long a browser stays logged in, in seconds. */
export const SESSION_SECONDS = 180 * 24 * 60 * 60

/** Browsers that are logged in. Only hashes are stored; all sessions end when the owner key changes. */
export interface Sessions {
  /** A new session; give it out as cookie. @param userId whose it is; undefined: the owner's */
  open(userId?: string): Promise<string>
  callerOf(headers: IncomingHttpHeaders): Caller | undefined
  close(headers: IncomingHttpHeaders): Promise<void>
  /** Ends all sessions of this user, or of the owner. */
  closeAll(userId?: string): Promise<void>
  /** The same, but the one that this request came with stays. Gives how many there were. */
  closeOthers(userId: string, headers: IncomingHttpHeaders): Promise<number>
  /** Calls the listener when a session has ended; gives the undo. */
  onEnd(listener: () => void): () => void
}

interface SessionParts {
  readonly database: Database
  readonly ownerKey: string
  /** Somebody who does not stand in user.yml any more is logged in nowhere. */
  readonly isUser: (id: string) => boolean
  readonly now: () => number
}

export function createSessions({ database, ownerKey, isUser, now }: SessionParts): Sessions {
  const owner = digest(ownerKey)
  const find = database.sql.prepare<[Buffer, Buffer, number], { user_id: string | null }>(
    'select user_id from session where hash = ? and owner_key_hash = ? and expires_at > ?',
  )
  const insert = database.sql.prepare('insert into session values (?, ?, ?, ?, ?)')
  const remove = database.sql.prepare('delete from session where hash = ? or expires_at < ?')
  const removeAll = database.sql.prepare('delete from session where user_id is ?')

  const removeOthers = database.sql.prepare('delete from session where user_id = ? and hash <> ?')

  const listeners = new Set<() => void>()
  const tell = (): void => listeners.forEach((listener) => listener())

  return {
    async open(userId) {
      const session = randomBytes(32).toString('base64url')
      const at = now()
      const until = at + SESSION_SECONDS * 1000
      await database.write(() => insert.run(digest(session), owner, at, until, userId ?? null))
      return session
    },
    callerOf(headers) {
      const session = cookieOf(headers)
      const known = session === undefined ? undefined : find.get(digest(session), owner, now())
      if (!known) return undefined
      if (known.user_id === null) return { kind: 'owner' }
      return isUser(known.user_id) ? { kind: 'user', user_id: known.user_id } : undefined
    },
    async close(headers) {
      const session = cookieOf(headers)
      if (session === undefined) return
      await database.write(() => remove.run(digest(session), now()))
      tell()
    },
    async closeAll(userId) {
      await database.write(() => removeAll.run(userId ?? null))
      tell()
    },
    async closeOthers(userId, headers) {
      const own = digest(cookieOf(headers) ?? '')
      const { changes } = await database.write(() => removeOthers.run(userId, own))
      tell()
      return changes
    },
    onEnd(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
  }
}

const digest = (text: string): Buffer => hash('sha256', text, 'buffer')

function cookieOf(headers: IncomingHttpHeaders): string | undefined {
  const name = `${sessionCookieOf(headers)}=`
  const pairs = (headers.cookie ?? '').split(';').map((pair) => pair.trim())
  return pairs.find((pair) => pair.startsWith(name))?.slice(name.length)
}

/** Where a person is logged in. `closeOthers` ends it. */
export const sessionTables: readonly OwnTable[] = [
  {
    kind: 'log_in',
    place: 'access',
    select: 'select created_at, expires_at from session where user_id = ?',
  },
]
