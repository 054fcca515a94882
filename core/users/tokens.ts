import type { OwnTable } from '../belongings/own-table.ts'
import { hash, randomBytes, randomUUID } from 'node:crypto'
import type { NewToken, TokenEntry } from '#contract'
import type { Database, Migration } from '../database.ts'
import type { Caller } from '../http/env.ts'

export const accessTokenMigration: Migration = {
  id: 'users-1-token',
  sql: `create table access_token (
    id text primary key,
    kind text not null,
    subject text not null,
    hash blob not null unique,
    created_at integer not null
  ) strict`,
}

/** Tokens that the owner has given out. Only their hashes are stored. */
export interface AccessTokens {
  /** Durable when it resolves; the token is not shown again. */
  issue(kind: TokenEntry['kind'], subject: string): Promise<NewToken>
  list(): TokenEntry[]
  /** False when there is none with this id. */
  revoke(id: string): Promise<boolean>
  callerOf(token: string): Caller | undefined
}

interface Row {
  readonly id: string
  readonly kind: TokenEntry['kind']
  readonly subject: string
  readonly created_at: number
}

/** @param isUser a token of somebody who does not stand in user.yml any more is worth nothing */
export function createAccessTokens({
  database,
  isUser,
  now,
}: {
  database: Database
  isUser: (id: string) => boolean
  now: () => number
}): AccessTokens {
  const { sql } = database
  const insert = sql.prepare('insert into access_token values (?, ?, ?, ?, ?)')
  const remove = sql.prepare('delete from access_token where id = ?')
  const all = sql.prepare<[], Row>(
    'select id, kind, subject, created_at from access_token order by created_at, id',
  )
  const find = sql.prepare<[Buffer], Pick<Row, 'kind' | 'subject'>>(
    'select kind, subject from access_token where hash = ?',
  )

  return {
    async issue(kind, subject) {
      const row: Row = { id: randomUUID(), kind, subject, created_at: now() }
      const token = `hc_${kind}_${randomBytes(32).toString('base64url')}`
      await database.write(() => insert.run(row.id, kind, subject, digest(token), row.created_at))
      return { ...toEntry(row), token }
    },
    list: () => all.all().map(toEntry),
    revoke: (id) => database.write(() => remove.run(id).changes === 1),
    callerOf(token) {
      const row = find.get(digest(token))
      if (!row) return undefined
      const { kind, subject } = row
      if (kind === 'plugin') return { kind, plugin_id: subject }
      if (kind === 'channel') return { kind, channel: subject }
      return isUser(subject) ? { kind, user_id: subject } : undefined
    },
  }
}

const digest = (token: string): Buffer => hash('sha256', token, 'buffer')

const toEntry = ({ id, kind, subject, created_at }: Row): TokenEntry => ({
  id,
  kind,
  for: subject,
  created_at: new Date(created_at).toISOString(),
})

/** The tokens that act for a person. */
export const accessTokenTables: readonly OwnTable[] = [
  {
    kind: 'token',
    place: 'access',
    select: `select id, created_at from access_token where kind = 'user' and subject = ?`,
    remove: `delete from access_token where kind = 'user' and subject = ?`,
  },
]
