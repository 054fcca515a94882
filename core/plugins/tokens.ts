import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import type { Database, Migration } from '../database.ts'

export const tokenMigration: Migration = {
  id: 'plugins-2-token',
  sql: `create table plugin_token (
    plugin_id text primary key,
    nonce text not null,
    issued_at text not null
  ) strict, without rowid`,
}

/**
 * Plugin tokens: `<plugin id>.<HMAC-SHA256(secret, "plugin/<id>/<nonce>") in base64url>`.
 * Only the nonce is stored: Core can make the token again to send it to the plugin, and who reads the database cannot.
 */
export interface Tokens {
  /** A new token; every earlier one of this plugin is refused from now on. Durable when it resolves. */
  issue(pluginId: string): Promise<string>
  current(pluginId: string): string | undefined
  /** Which plugin this token belongs to. Constant time. */
  authenticate(token: string): string | undefined
  revoke(pluginId: string): Promise<void>
}

export function createTokens({ database, secret }: { database: Database; secret: string }): Tokens {
  const { sql } = database
  const replace = sql.prepare('insert or replace into plugin_token values (?, ?, ?)')
  const remove = sql.prepare('delete from plugin_token where plugin_id = ?')
  const stored = sql.prepare<[], { plugin_id: string; nonce: string }>(
    'select plugin_id, nonce from plugin_token',
  )

  const derive = (id: string, nonce: string): string =>
    `${id}.${createHmac('sha256', secret).update(`plugin/${id}/${nonce}`).digest('base64url')}`
  const tokens = new Map(stored.all().map((row) => [row.plugin_id, derive(row.plugin_id, row.nonce)]))

  return {
    async issue(pluginId) {
      const nonce = randomBytes(16).toString('base64url')
      await database.write(() => replace.run(pluginId, nonce, new Date().toISOString()))
      const token = derive(pluginId, nonce)
      tokens.set(pluginId, token)
      return token
    },
    current: (pluginId) => tokens.get(pluginId),
    authenticate(token) {
      const pluginId = token.slice(0, token.lastIndexOf('.'))
      return same(token, tokens.get(pluginId) ?? '') ? pluginId : undefined
    },
    async revoke(pluginId) {
      tokens.delete(pluginId)
      await database.write(() => remove.run(pluginId))
    },
  }
}

/** Equal in constant time; the length of a token is no secret. */
function same(given: string, expected: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(expected)]
  return a.length === b.length && a.length > 0 && timingSafeEqual(a, b)
}
