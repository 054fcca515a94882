import { randomUUID } from 'node:crypto'
import type { MemoryEntry } from '#contract'
import type { Sql } from '../database.ts'
import { problem } from '../errors.ts'
import { bindingsOf, SELECTED } from './entries.ts'
import type { Which } from './memory.ts'
import { hashOf, indexWords, type MemoryRecord } from './record.ts'
import { scopeOf } from './schema.ts'

/** One memory that is to go, and what else speaks of it. */
interface Doomed {
  readonly number: number
  readonly id: string
  readonly namespace_id: number
  readonly source_chat: string | null
  readonly source_message: string | null
}

/** What was removed from the record and the full text. */
export interface Taken {
  readonly memories: number
  readonly earlier: number
  readonly messages: readonly { chat: string; message_id: string }[]
}

/** What changes and removes memories. Everything here is synchronous and belongs inside a job of `Database.write`. */
export interface Changes {
  /** False when there is no such memory. Its number changes, so that no vector of the old text can pass for the new one. */
  edit(namespace: string, id: string, text: string, at: string): boolean
  /** See `Memory.supersede`; false when one of them is not there. */
  supersede(namespace: string, id: string, by: string | null, at: string): boolean
  /** At most `most` of them, but one with all its history; their vectors wait in `forgotten`. */
  take(namespace: string, which: Which, most: number): Taken
  /** The id it has now: its own, or a new one where another namespace has that. Undefined when it is known here. */
  restore(namespace: string, entry: MemoryEntry): string | undefined
  /** Joins what was restored to what holds instead of it, where that is there. */
  rejoin(namespace: string, id: string, by: string): void
}

export function createChanges(database: Sql, record: MemoryRecord): Changes {
  const sql = prepare(database)

  function select(namespace: string, which: Which, most: number): Doomed[] {
    if (!namespace.isWellFormed()) return []
    if ('id' in which) return sql.selectById.all({ namespace, id: which.id })
    if ('source' in which)
      return sql.selectBySource.all({ namespace, kind: which.source.kind, source: which.source.id, most })
    return sql.selectSelected.all({ ...bindingsOf(which.selection), namespace, most })
  }

  function takeOne({ id, number, namespace_id }: Doomed): number {
    const versions = sql.countVersions.get(id) ?? 0
    sql.detach.run(id)
    sql.removeWords.run(number)
    sql.remove.run(number)
    sql.insertForgotten.run(number, namespace_id)
    return versions
  }

  return {
    edit(namespace, id, text, at) {
      const row = namespace.isWellFormed() ? sql.find.get({ namespace, id }) : undefined
      if (!row) return false
      if (row.text === text) return true
      const next = sql.nextNumber.get() ?? 0
      const words = indexWords({ speaker: row.speaker, text })
      sql.insertVersion.run(id, row.text, sql.lastVersion.get(id) ?? row.created_at, at)
      sql.removeWords.run(row.number)
      sql.insertForgotten.run(row.number, row.namespace_id)
      sql.rewrite.run({ number: row.number, next, text, hash: hashOf(text), words: words.length })
      sql.insertWords.run(next, scopeOf(row.namespace_id), words.join(' '))
      sql.recount.run(words.length - row.words, row.namespace_id)
      return true
    },
    supersede(namespace, id, by, at) {
      if (!namespace.isWellFormed()) return false
      const old = sql.find.get({ namespace, id })
      const now = by === null ? undefined : sql.find.get({ namespace, id: by })
      if (!old || (by !== null && !now)) return false
      if (by === id) throw problem('conflict', 'A memory cannot hold instead of itself')
      if (by !== null && old.superseded_at !== null)
        throw problem('conflict', `The memory "${id}" does not hold any more already`)
      if (now && now.superseded_at !== null)
        throw problem('conflict', `The memory "${by}" does not hold any more itself`)
      sql.setSuperseded.run(by, by === null ? null : at, id)
      return true
    },
    take(namespace, which, most) {
      const rows = select(namespace, which, most)
      const versions = rows.map(takeOne).reduce((sum, count) => sum + count, 0)
      const named = 'id' in which ? Math.min(rows.length, 1) : rows.length
      return {
        memories: named,
        earlier: versions + rows.length - named,
        messages: rows.flatMap(({ source_chat: chat, source_message: message_id }) =>
          chat !== null && message_id !== null ? [{ chat, message_id }] : [],
        ),
      }
    },
    restore(namespace, entry) {
      const { id, memory, created_at, app_id, source, metadata, until, history } = entry
      if (namespace.isWellFormed() && sql.find.get({ namespace, id })) return undefined
      const own = sql.isTaken.get(id) ? randomUUID() : id
      record.put({ namespace, text: memory, app_id, source, metadata }, own, created_at)
      for (const version of history) sql.insertVersion.run(own, version.memory, version.from, version.until)
      if (until !== undefined) sql.setSuperseded.run(null, until, own)
      return own
    },
    rejoin: (namespace, id, by) => void sql.join.run({ namespace, id, by }),
  }
}

function prepare(sql: Sql) {
  const inNamespace = 'namespace_id = (select id from namespace where name = @namespace)'
  const find = sql.prepare<
    [object],
    Doomed & {
      text: string
      speaker: string | null
      words: number
      created_at: string
      superseded_at: string | null
    }
  >(`select * from memory where id = @id and ${inNamespace}`)
  const isTaken = sql.prepare<[string], number>('select 1 from memory where id = ?').pluck()
  const nextNumber = sql
    .prepare<[], number>(`update sqlite_sequence set seq = seq + 1 where name = 'memory' returning seq`)
    .pluck()
  const rewrite = sql.prepare<[object]>(
    `update memory set number = @next, text = @text, hash = @hash, words = @words, pieces = null where number = @number`,
  )
  const recount = sql.prepare<[number, number]>('update namespace set words = words + ? where id = ?')
  const lastVersion = sql
    .prepare<[string], string>('select max(until) from memory_version where memory_id = ?')
    .pluck()
  const insertVersion = sql.prepare<[string, string, string, string]>(
    'insert into memory_version (memory_id, text, since, until) values (?, ?, ?, ?)',
  )
  const insertWords = sql.prepare<[number, string, string]>(
    'insert into memory_words (rowid, scope, text) values (?, ?, ?)',
  )
  const removeWords = sql.prepare<[number]>('delete from memory_words where rowid = ?')
  const insertForgotten = sql.prepare<[number, number]>(
    'insert into forgotten (number, namespace_id) values (?, ?)',
  )
  const setSuperseded = sql.prepare<[string | null, string | null, string]>(
    'update memory set superseded_by = ?, superseded_at = ? where id = ?',
  )
  const doomed = 'number, id, namespace_id, source_chat, source_message'
  const selectById = sql.prepare<[object], Doomed>(
    `with recursive chain (id) as (
       select id from memory where id = @id and ${inNamespace}
       union select memory.id from memory join chain on memory.superseded_by = chain.id
     ) select ${doomed} from memory where id in (select id from chain) order by number desc`,
  )
  const selectBySource = sql.prepare<[object], Doomed>(
    `select ${doomed} from memory where ${inNamespace} and source_kind = @kind and source_id = @source limit @most`,
  )
  const selectSelected = sql.prepare<[object], Doomed>(
    `select ${doomed} from memory where ${inNamespace} and ${SELECTED} limit @most`,
  )
  const countVersions = sql
    .prepare<[string], number>('select count(*) from memory_version where memory_id = ?')
    .pluck()
  const detach = sql.prepare<[string]>('update memory set superseded_by = null where superseded_by = ?')
  const remove = sql.prepare<[number]>('delete from memory where number = ?')
  const join = sql.prepare<[object]>(
    `update memory set superseded_by = @by where id = @id and ${inNamespace}
     and exists (select 1 from memory where id = @by and ${inNamespace})`,
  )
  return {
    find,
    isTaken,
    nextNumber,
    rewrite,
    recount,
    lastVersion,
    insertVersion,
    insertWords,
    removeWords,
    insertForgotten,
    setSuperseded,
    selectById,
    selectBySource,
    selectSelected,
    countVersions,
    detach,
    remove,
    join,
  }
}
