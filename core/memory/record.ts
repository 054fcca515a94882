import { createHash, randomUUID } from 'node:crypto'
import type { MemorySource } from '#contract'
import type { Sql } from '../database.ts'
import { problem } from '../errors.ts'
import type { NewMemory } from './memory.ts'
import { momentOf } from './moment.ts'
import { scopeOf } from './schema.ts'
import { wordsOf } from './words.ts'

/** Silence in a chat, in ms, after which a new conversation begins. */
const PAUSE = 3_600_000

export interface Namespace {
  readonly id: number
  /** How many memories it holds, and how many words they have. */
  readonly memories: number
  readonly words: number
}

/** A memory as search reads it. */
export interface Row {
  readonly number: number
  readonly id: string
  readonly text: string
  readonly words: number
  readonly source_kind: MemorySource['kind']
  readonly source_id: string
  readonly source_speaker: string | null
  readonly source_chat: string | null
  readonly source_message: string | null
  readonly source_place: string | null
  readonly speaker: string | null
  /** When it was said, in ms since 1970. */
  readonly moment: number
  readonly created_at: string
  readonly superseded_at: string | null
  readonly superseded_by: string | null
}

/** The record of all memories. Everything here is synchronous; what writes belongs inside a job of `Database.write`. */
export interface MemoryRecord {
  /** See `Memory.record`. */
  add(memory: NewMemory): string
  /** Stores it under this id, whatever it repeats. */
  put(memory: NewMemory, id: string, at: string): void
  find(namespace: string): Namespace | undefined
  /** These memories of the namespace, without those of `exceptSources`. */
  rows(namespace: number, numbers: readonly number[], exceptSources: readonly string[]): Row[]
  /** What holds instead of a memory now, in the end; undefined when nothing does. */
  successor(row: Row): Row | undefined
}

/** What is read of a memory, as columns of SQL. */
export const ROW = `number, id, text, words, source_kind, source_id, source_speaker, source_chat, source_message,
  source_place, speaker, moment, created_at, superseded_at, superseded_by`

export function createRecord(database: Sql): MemoryRecord {
  const sql = prepare(database)

  function namespaceFor(name: string): number {
    if (!name.isWellFormed()) throw problem('body_invalid', 'user_id: is not well-formed Unicode')
    const known = sql.findNamespace.get(name)
    return known ? known.id : Number(sql.addNamespace.run(name).lastInsertRowid)
  }

  /** The memory that this one repeats. */
  function known(
    namespace: number,
    memory: NewMemory,
    columns: ReturnType<typeof columnsOf>,
  ): string | undefined {
    if (memory.source.kind === 'turn') {
      const { id } = memory.source
      return sql.ofTurn.get(namespace, id, columns.hash) ?? sql.keptByTool.get(namespace, id, columns.text)
    }
    if (columns.session !== null && columns.seq !== null) return undefined
    return sql.same.get(namespace, columns.hash, columns.text, columns.speaker)
  }

  function insertNew(namespace: number, id: string, columns: ReturnType<typeof columnsOf>, at: string): void {
    const words = indexWords(columns)
    const moment = momentOf(columns.said_at ?? '') ?? Date.parse(at)
    const { lastInsertRowid } = sql.insert.run({
      ...columns,
      id,
      moment,
      session: columns.session ?? conversationOf(namespace, id, columns, moment),
      seq: columns.seq ?? moment,
      namespace_id: namespace,
      words: words.length,
      created_at: at,
    })
    sql.insertWords.run(lastInsertRowid, scopeOf(namespace), words.join(' '))
  }

  /** A file is one conversation, and so is what has only a place; a chat goes on with what was said there not long before. */
  function conversationOf(
    namespace: number,
    id: string,
    { source_kind, source_id, source_chat, seq }: ReturnType<typeof columnsOf>,
    moment: number,
  ): string | null {
    if (source_kind === 'file') return source_id
    if (seq !== null) return ''
    if (source_kind !== 'turn') return null
    return sql.conversationAt.get(namespace, source_chat, moment - PAUSE, moment) ?? id
  }

  return {
    add(memory) {
      const columns = columnsOf(memory)
      const namespace = namespaceFor(memory.namespace)
      const now = new Date().toISOString()
      const earlier = known(namespace, memory, columns)
      const id = earlier ?? randomUUID()
      if (!earlier) insertNew(namespace, id, columns, memory.created_at ?? now)
      const replaced = memory.replaces?.filter((other) => other !== id) ?? []
      if (replaced.length > 0) sql.end.run(id, now, JSON.stringify(replaced), namespace)
      return id
    },
    put(memory, id, at) {
      insertNew(namespaceFor(memory.namespace), id, columnsOf(memory), at)
    },
    find: (namespace) => (namespace.isWellFormed() ? sql.findNamespace.get(namespace) : undefined),
    rows: (namespace, numbers, exceptSources) =>
      sql.selectRows.all(JSON.stringify(numbers), namespace, JSON.stringify(exceptSources)),
    successor: ({ number }) => sql.selectSuccessor.get(number),
  }
}

/** The statements of the record. */
function prepare(sql: Sql) {
  const addNamespace = sql.prepare<[string]>('insert into namespace (name) values (?) on conflict do nothing')
  const findNamespace = sql.prepare<[string], Namespace>(
    'select id, memories, words from namespace where name = ?',
  )
  const ofTurn = sql
    .prepare<[number, string, Buffer], string>(
      `select id from memory where namespace_id = ? and source_kind = 'turn' and source_id = ? and hash = ?`,
    )
    .pluck()
  const keptByTool = sql
    .prepare<[number, string, string], string>(
      `select id from memory where namespace_id = ? and source_kind = 'tool' and source_id = ?
       and instr(?, rtrim(text, '.! ')) > 0`,
    )
    .pluck()
  const same = sql
    .prepare<[number, Buffer, string, string | null], string>(
      `select id from memory where namespace_id = ? and hash = ? and text = ? and speaker is ?
       and superseded_at is null limit 1`,
    )
    .pluck()
  const insert = sql.prepare<[Record<string, unknown>]>(
    `insert into memory (id, namespace_id, app_id, text, hash, words, source_kind, source_id, source_speaker, source_chat,
       source_message, source_place, session, seq, speaker, said_at, moment, metadata, created_at)
     values (@id, @namespace_id, @app_id, @text, @hash, @words, @source_kind, @source_id, @source_speaker, @source_chat,
       @source_message, @source_place, @session, @seq, @speaker, @said_at, @moment, @metadata, @created_at)`,
  )
  const insertWords = sql.prepare<[number | bigint, string, string]>(
    'insert into memory_words (rowid, scope, text) values (?, ?, ?)',
  )
  const conversationAt = sql
    .prepare<[number, string | null, number, number], string>(
      `select session from memory where namespace_id = ? and source_kind = 'turn' and source_chat is ?
       and moment between ? and ? order by moment desc limit 1`,
    )
    .pluck()
  const selectRows = sql.prepare<[string, number, string], Row>(
    `select ${ROW} from memory where number in (select value from json_each(?)) and namespace_id = ?
     and source_id not in (select value from json_each(?))`,
  )
  const selectSuccessor = sql.prepare<[number], Row>(
    `with recursive next (id) as (
       select superseded_by from memory where number = ?
       union select memory.superseded_by from memory join next on memory.id = next.id
     ) select ${ROW} from memory where id in (select id from next) and superseded_at is null`,
  )
  const end = sql.prepare<[string, string, string, number]>(
    `update memory set superseded_by = ?, superseded_at = ?
     where id in (select value from json_each(?)) and namespace_id = ? and superseded_at is null`,
  )
  return {
    addNamespace,
    findNamespace,
    ofTurn,
    keptByTool,
    same,
    insert,
    conversationAt,
    insertWords,
    selectRows,
    selectSuccessor,
    end,
  }
}

export const hashOf = (text: string): Buffer => createHash('sha256').update(text).digest().subarray(0, 16)

/** What a memory says of itself, as columns. */
function columnsOf({ text, source, app_id, metadata = {} }: NewMemory) {
  if (text.trim() === '') throw problem('body_invalid', 'text: is empty')
  const whole = text.toWellFormed()
  const { session, seq, speaker, said_at } = metadata
  return {
    app_id: app_id ?? 'homeclaw',
    text: whole,
    hash: hashOf(whole),
    source_kind: source.kind,
    source_id: source.id,
    source_speaker: source.speaker ?? null,
    source_chat: source.chat ?? null,
    source_message: source.message_id ?? null,
    source_place: source.place ?? null,
    session: wordOrNull(session),
    seq:
      seq === null || seq === undefined || seq === '' || !Number.isFinite(Number(seq)) ? null : Number(seq),
    speaker: wordOrNull(speaker) ?? source.speaker ?? null,
    said_at: wordOrNull(said_at),
    metadata: JSON.stringify(metadata),
  }
}

/** The words by which the full text finds a memory. */
export const indexWords = ({ speaker, text }: { speaker: string | null; text: string }): string[] =>
  wordsOf([speaker ?? '', text].join(' '))

function wordOrNull(value: unknown): string | null {
  if (typeof value === 'number') return String(value)
  return typeof value === 'string' && value.trim() !== '' ? value : null
}
