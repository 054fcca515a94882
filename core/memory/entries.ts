import type { MemoryEntry, MemoryPage, MemorySelection, MemorySource } from '#contract'
import type { Sql } from '../database.ts'
import { ROW, type Row } from './record.ts'

interface EntryRow extends Row {
  readonly app_id: string
  readonly metadata: string
}

interface VersionRow {
  readonly memory_id: string
  readonly text: string
  readonly since: string
  readonly until: string
}

/** Memories as a person sees them: whole, with source and history. */
export interface Entries {
  get(namespace: string, id: string): MemoryEntry | undefined
  list(
    namespace: string,
    page: { selection: MemorySelection; limit: number; before?: number | undefined },
  ): MemoryPage
}

/** What a selection means; its values are bound by `bindingsOf`. */
export const SELECTED = `(@chat is null or source_chat = @chat)
  and (@plugin is null or (source_kind = 'plugin' and source_id = @plugin))
  and (@from is null or created_at >= @from) and (@to is null or created_at < @to)`

export const bindingsOf = ({ chat, plugin, from, to }: MemorySelection) => ({
  chat: chat ?? null,
  plugin: plugin ?? null,
  from: from ?? null,
  to: to ?? null,
})

export function createEntries(sql: Sql): Entries {
  const columns = `${ROW}, app_id, metadata`
  const inNamespace = 'namespace_id = (select id from namespace where name = @namespace)'
  const one = sql.prepare<[object], EntryRow>(
    `select ${columns} from memory where id = @id and ${inNamespace}`,
  )
  const page = sql.prepare<[object], EntryRow>(
    `select ${columns} from memory where ${inNamespace} and ${SELECTED} and number < @before
     order by number desc limit @limit`,
  )
  const versions = sql.prepare<[string], VersionRow>(
    `select memory_id, text, since, until from memory_version
     where memory_id in (select value from json_each(?)) order by number`,
  )

  function toEntries(rows: readonly EntryRow[]): MemoryEntry[] {
    const history = Map.groupBy(
      versions.all(JSON.stringify(rows.map(({ id }) => id))),
      (row) => row.memory_id,
    )
    return rows.map((row) => toEntry(row, history.get(row.id) ?? []))
  }

  return {
    get(namespace, id) {
      if (!namespace.isWellFormed()) return undefined
      const row = one.get({ namespace, id })
      return row && toEntries([row])[0]
    },
    list(namespace, { selection, limit, before = Number.MAX_SAFE_INTEGER }) {
      if (!namespace.isWellFormed()) return { memories: [] }
      const rows = page.all({ ...bindingsOf(selection), namespace, before, limit: limit + 1 })
      const next = rows.length > limit ? rows[limit - 1]?.number : undefined
      return { memories: toEntries(rows.slice(0, limit)), ...(next !== undefined && { next }) }
    },
  }
}

function toEntry(row: EntryRow, versions: readonly VersionRow[]): MemoryEntry {
  return {
    id: row.id,
    memory: row.text,
    created_at: row.created_at,
    app_id: row.app_id,
    source: sourceOf(row),
    metadata: JSON.parse(row.metadata) as Record<string, unknown>,
    ...(row.superseded_at !== null && { until: row.superseded_at }),
    ...(row.superseded_by !== null && { superseded_by: row.superseded_by }),
    history: versions.map(({ text, since, until }) => ({ memory: text, from: since, until })),
  }
}

/** Where a memory came from, as it goes out. */
export function sourceOf(row: Row): MemorySource {
  return {
    kind: row.source_kind,
    id: row.source_id,
    ...(row.source_speaker !== null && { speaker: row.source_speaker }),
    ...(row.source_chat !== null && { chat: row.source_chat }),
    ...(row.source_message !== null && { message_id: row.source_message }),
    ...(row.source_place !== null && { place: row.source_place }),
  }
}
