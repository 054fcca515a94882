import { createHash, randomUUID } from 'node:crypto'
import type { Sql } from '../database.ts'
import { problem } from '../errors.ts'
import type { NewMemory } from './memory.ts'
import { scopeOf } from './schema.ts'
import { wordsOf } from './words.ts'

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
  readonly source_kind: 'turn' | 'plugin' | 'tool'
  readonly source_id: string
  readonly source_speaker: string | null
  readonly created_at: string
}

/** The record of all memories. Everything here is synchronous; what writes belongs inside a job of `Database.write`. */
export interface MemoryRecord {
  /** See `Memory.record`. */
  add(memory: NewMemory): string
  find(namespace: string): Namespace | undefined
  /** These memories of the namespace, without those superseded and those of `exceptSources`. */
  rows(namespace: number, numbers: readonly number[], exceptSources: readonly string[]): Row[]
  /** Removes it from record and full text, and remembers that its vectors have to go. */
  forget(namespace: string, id: string): boolean
}

export function createRecord(sql: Sql): MemoryRecord {
  const addNamespace = sql.prepare<[string]>('insert into namespace (name) values (?) on conflict do nothing')
  const findNamespace = sql.prepare<[string], Namespace>(
    'select id, memories, words from namespace where name = ?',
  )
  const ofTurn = sql
    .prepare<[number, string], string>(
      `select id from memory where namespace_id = ? and source_id = ? and source_kind = 'turn'`,
    )
    .pluck()
  const same = sql
    .prepare<[number, Buffer, string, string | null], string>(
      `select id from memory where namespace_id = ? and hash = ? and text = ? and speaker is ?
       and superseded_by is null limit 1`,
    )
    .pluck()
  const insert = sql.prepare<[Record<string, unknown>]>(
    `insert into memory (id, namespace_id, app_id, text, hash, words, source_kind, source_id, source_speaker, session,
       seq, speaker, said_at, metadata, created_at)
     values (@id, @namespace_id, @app_id, @text, @hash, @words, @source_kind, @source_id, @source_speaker, @session,
       @seq, @speaker, @said_at, @metadata, @created_at)`,
  )
  const insertWords = sql.prepare<[number | bigint, string, string]>(
    'insert into memory_words (rowid, scope, text) values (?, ?, ?)',
  )
  const selectRows = sql.prepare<[string, number, string], Row>(
    `select number, id, text, words, source_kind, source_id, source_speaker, created_at from memory
     where number in (select value from json_each(?)) and namespace_id = ? and superseded_by is null
     and source_id not in (select value from json_each(?))`,
  )
  const findOne = sql.prepare<[string, string], { namespace: number; number: number }>(
    `select namespace_id as namespace, number from memory
     where id = ? and namespace_id = (select id from namespace where name = ?)`,
  )
  const detach = sql.prepare<[string]>('update memory set superseded_by = null where superseded_by = ?')
  const remove = sql.prepare<[number]>('delete from memory where number = ?')
  const removeWords = sql.prepare<[number]>('delete from memory_words where rowid = ?')
  const insertForgotten = sql.prepare<[number, number]>(
    'insert into forgotten (number, namespace_id) values (?, ?)',
  )
  function namespaceFor(name: string): number {
    if (!name.isWellFormed()) throw problem('body_invalid', 'user_id: is not well-formed Unicode')
    const known = findNamespace.get(name)
    return known ? known.id : Number(addNamespace.run(name).lastInsertRowid)
  }

  /** The memory that this one repeats. */
  function known(
    namespace: number,
    memory: NewMemory,
    columns: ReturnType<typeof columnsOf>,
  ): string | undefined {
    if (memory.source.kind === 'turn') return ofTurn.get(namespace, memory.source.id)
    if (columns.session !== null && columns.seq !== null) return undefined
    return same.get(namespace, columns.hash, columns.text, columns.speaker)
  }

  return {
    add(memory) {
      const columns = columnsOf(memory)
      const namespace = namespaceFor(memory.namespace)
      const earlier = known(namespace, memory, columns)
      if (earlier) return earlier
      const id = randomUUID()
      const words = wordsOf([columns.speaker ?? '', columns.text].join(' '))
      const { lastInsertRowid } = insert.run({
        ...columns,
        id,
        namespace_id: namespace,
        words: words.length,
        created_at: new Date().toISOString(),
      })
      insertWords.run(lastInsertRowid, scopeOf(namespace), words.join(' '))
      return id
    },
    find: (namespace) => (namespace.isWellFormed() ? findNamespace.get(namespace) : undefined),
    rows: (namespace, numbers, exceptSources) =>
      selectRows.all(JSON.stringify(numbers), namespace, JSON.stringify(exceptSources)),
    forget(namespace, id) {
      const found = namespace.isWellFormed() ? findOne.get(id, namespace) : undefined
      if (!found) return false
      detach.run(id)
      removeWords.run(found.number)
      remove.run(found.number)
      insertForgotten.run(found.number, found.namespace)
      return true
    },
  }
}

/** What a memory says of itself, as columns. */
function columnsOf({ text, source, app_id, metadata = {} }: NewMemory) {
  if (text.trim() === '') throw problem('body_invalid', 'text: is empty')
  const whole = text.toWellFormed()
  const { session, seq, speaker, said_at } = metadata
  return {
    app_id: app_id ?? 'homeclaw',
    text: whole,
    hash: createHash('sha256').update(whole).digest().subarray(0, 16),
    source_kind: source.kind,
    source_id: source.id,
    source_speaker: source.speaker ?? null,
    session: wordOrNull(session),
    seq:
      seq === null || seq === undefined || seq === '' || !Number.isFinite(Number(seq)) ? null : Number(seq),
    speaker: wordOrNull(speaker) ?? source.speaker ?? null,
    said_at: wordOrNull(said_at),
    metadata: JSON.stringify(metadata),
  }
}

function wordOrNull(value: unknown): string | null {
  if (typeof value === 'number') return String(value)
  return typeof value === 'string' && value.trim() !== '' ? value : null
}
