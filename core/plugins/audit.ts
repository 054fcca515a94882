import type { AuditEntry } from '#contract'
import type { Database, Migration } from '../database.ts'
import type { Log } from '../log.ts'

export const auditMigration: Migration = {
  id: 'plugins-4-audit',
  sql: `create table plugin_audit (
    id integer primary key,
    plugin_id text not null,
    minute integer not null,
    action text not null,
    about text not null,
    outcome text not null,
    detail text not null,
    count integer not null,
    at integer not null,
    unique (plugin_id, minute, action, about, outcome, detail)
  ) strict;
  create index plugin_audit_newest on plugin_audit (plugin_id, at)`,
}

/** Entries that are kept of each plugin, the newest. */
const KEPT = 1_000
/** How long entries gather before they are written, in ms, and how many at most. */
const GATHER_MS = 1_000
const GATHER_MOST = 500
/** Longest text of one field. */
const MAX_TEXT = 300

/** What a plugin did in Core, or was refused. Never what it said. */
export interface Deed {
  readonly plugin_id: string
  readonly action: string
  /** Whose memory, chat or job. */
  readonly about: string | undefined
  readonly outcome: AuditEntry['outcome']
  readonly detail: string | undefined
}

/** What plugins did and were refused. Equal deeds of one minute are one entry with a count. */
export interface Audit {
  /** Costs no I/O of the caller; on disk within a second. */
  record(deed: Deed): void
  /** Newest first. */
  of(pluginId: string, limit: number): Promise<AuditEntry[]>
  /** Writes what waits. */
  close(): Promise<void>
}

interface Row {
  readonly at: number
  readonly count: number
  readonly action: string
  readonly about: string
  readonly outcome: AuditEntry['outcome']
  readonly detail: string
}

export function createAudit({
  database,
  now,
  log,
}: {
  database: Database
  now: () => number
  log: Log
}): Audit {
  const { sql } = database
  const add = sql.prepare(`
    insert into plugin_audit (plugin_id, minute, action, about, outcome, detail, count, at)
    values (@plugin_id, @minute, @action, @about, @outcome, @detail, @count, @at)
    on conflict do update set count = count + excluded.count, at = excluded.at`)
  const trim = sql.prepare(`
    delete from plugin_audit where plugin_id = ? and id in
      (select id from plugin_audit where plugin_id = ? order by at desc, id desc limit -1 offset ${KEPT})`)
  const newest = sql.prepare<[string, number], Row>(`
    select at, count, action, about, outcome, detail from plugin_audit
    where plugin_id = ? order by at desc, id desc limit ?`)

  let gathered = new Map<string, Row & { readonly plugin_id: string; readonly minute: number }>()
  let timer: NodeJS.Timeout | undefined

  async function flush(): Promise<void> {
    clearTimeout(timer)
    timer = undefined
    const rows = [...gathered.values()]
    if (rows.length === 0) return
    gathered = new Map()
    await database.write(() => {
      for (const row of rows) add.run(row)
      for (const id of new Set(rows.map(({ plugin_id }) => plugin_id))) trim.run(id, id)
    })
  }

  const flushLater = (): void =>
    void flush().catch((error: unknown) => log.error({ err: error }, 'audit log could not be written'))

  return {
    record({ plugin_id, outcome, action, about = '', detail = '' }) {
      const at = now()
      const deed = {
        plugin_id,
        minute: Math.floor(at / 60_000),
        outcome,
        action: action.slice(0, MAX_TEXT),
        about: about.slice(0, MAX_TEXT),
        detail: detail.slice(0, MAX_TEXT),
      }
      const key = JSON.stringify(deed)
      gathered.set(key, { ...deed, at, count: (gathered.get(key)?.count ?? 0) + 1 })
      if (gathered.size >= GATHER_MOST) return flushLater()
      timer ??= setTimeout(flushLater, GATHER_MS).unref()
    },
    async of(pluginId, limit) {
      await flush()
      return newest.all(pluginId, limit).map(({ at, count, action, about, outcome, detail }) => ({
        at: new Date(at).toISOString(),
        count,
        action,
        outcome,
        ...(about && { about }),
        ...(detail && { detail }),
      }))
    },
    close: flush,
  }
}
