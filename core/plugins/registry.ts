import { type Registration, registration as registrationSchema } from '#contract'
import type { Database, Migration } from '../database.ts'
import type { Log } from '../log.ts'
import type { Addresses } from './address.ts'

export const registryMigration: Migration = {
  id: 'plugins-1-registration',
  sql: `create table plugin_registration (
    plugin_id text primary key,
    registration text not null,
    registered_at text not null
  ) strict, without rowid`,
}

/** Registrations, as they came; they survive a restart. */
export interface Registry {
  /** What was stored when Core started. One that no longer fits the contract, or is where plugins may not be, is logged and left out. */
  restore(): Registration[]
  /** Adds or replaces; durable when it resolves. */
  save(registration: Registration): Promise<void>
  remove(pluginId: string): Promise<void>
}

export function createRegistry({
  database,
  addresses,
  log,
}: {
  database: Database
  addresses: Addresses
  log: Log
}): Registry {
  const { sql } = database
  const replace = sql.prepare('insert or replace into plugin_registration values (?, ?, ?)')
  const remove = sql.prepare('delete from plugin_registration where plugin_id = ?')
  const stored = sql.prepare<[], { plugin_id: string; registration: string }>(
    'select plugin_id, registration from plugin_registration order by plugin_id',
  )

  return {
    restore: () =>
      stored.all().flatMap((row) => {
        const result = registrationSchema.safeParse(JSON.parse(row.registration))
        if (result.success && addresses.allows(result.data)) return [result.data]
        log.warn({ plugin: row.plugin_id, issues: result.error?.issues }, 'stored registration left out')
        return []
      }),
    async save(registration) {
      const text = JSON.stringify(registration)
      await database.write(() => replace.run(registration.plugin_id, text, new Date().toISOString()))
    },
    async remove(pluginId) {
      await database.write(() => remove.run(pluginId))
    },
  }
}
