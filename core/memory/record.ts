import { createHash, randomUUID } from 'node:crypto'
import type { Migration, Sql } from '../database.ts'
import { problem } from '../errors.ts'
import type { NewMemory } from './memory.ts'
import { wordsOf } from './words.ts'

/**
 * `namespace.id` and `memory.number` are never used again, so that a left-over index row can never belong to another.
 * `pieces` is how many rows the vector index holds of a memory; null = not there yet.
 * `forgotten` holds the numbers whose vectors are still to be removed.
 */
export const memoryMigrations: Migration[] = [
  {
    id: 'memory-1',
    sql: `
      create table namespace (
        id integer primary key autoincrement,
        name text not null unique,
        memories integer not null default 0,
        words integer not null default 0
      ) strict;
      create table memory (
        number integer primary key autoincrement,
        id text not null unique,
        namespace_id integer not null references namespace (id),
        app_id text not null,
        text text not null,
        hash blob not null,
        words integer not null,
        source_kind text not null check (source_kind in ('turn', 'plugin', 'tool')),
        source_id text not null,
        source_speaker text,
        session text,
        seq real,
        speaker text,
        said_at text,
        metadata text not null,
        created_at text not null,
        superseded_by text references memory (id),
        pieces integer
      ) strict;
      create unique index memory_turn on memory (namespace_id, source_id) where source_kind = 'turn';
      create index memory_hash on memory (namespace_id, hash);
      create index memory_waiting on memory (number) where pieces is null;
      create index memory_waiting_of on memory (namespace_id, number) where pieces is null;
      create index memory_superseded on memory (superseded_by) where superseded_by is not null;
      create trigger memory_added after insert on memory begin
        update namespace set memories = memories + 1, words = words + new.words where id = new.namespace_id;
      end;
      create trigger memory_removed after delete on memory begin
        update namespace set memories = memories - 1, words = words - old.words where id = old.namespace_id;
      end;
      create virtual table memory_words using fts5(scope, text, tokenize = 'porter unicode61 remove_diacritics 2');
      insert into memory_words (memory_words, rank) values ('secure-delete', 1);
      create table forgotten (
        number integer primary key,
        namespace_id integer not null references namespace (id)
      ) strict;`,
  },
]

export interface Namespace {
  readonly id: number
  /** How many memories it holds, and how many words they have. */
  readonly memories: number
  readonly words: number
}

/** A memory that waits for the vector index. */
export interface Waiting {
  readonly number: number
  readonly text: string
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

/** What marks the rows of one namespace in the full text; words of a memory are in another column. */
export const scopeOf = (namespace: number): string => `ns${namespace}`

/** The record of all memories. Everything here is synchronous; what writes belongs inside a job of `Database.write`. */
export interface MemoryRecord {
  /** See `Memory.record`. */
  add(memory: NewMemory): { id: string; namespace: number }
  find(namespace: string): Namespace | undefined
  /** These memories of the namespace, without those superseded and those of `exceptSources`. */
  rows(namespace: number, numbers: readonly number[], exceptSources: readonly string[]): Row[]
  /** Of this namespace, or of the one that waits longest; oldest first. */
  waiting(
    limit: number,
    except: ReadonlySet<number>,
    namespace?: number,
  ): { namespace: number; rows: Waiting[] }
  stillThere(number: number): boolean
  markIndexed(pieces: ReadonlyMap<number, number>): void
  /** What the vector index should hold: memory → pieces. */
  indexed(namespace: number): Map<number, number>
  /** The index lost these (all, when none are named): they wait again. */
  markLost(namespace: number, numbers?: readonly number[]): void
  /** Namespaces of which something should be in the index. */
  indexedNamespaces(): number[]
  /** Removes it from record and full text, and remembers that its vectors have to go. */
  forget(namespace: string, id: string): { namespace: number; number: number } | undefined
  /** Namespace → numbers whose vectors have to go. */
  forgotten(): Map<number, number[]>
  forgetDone(numbers: readonly number[]): void
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
  const longestWaiting = sql
    .prepare<[string], number>(
      `select namespace_id from memory where pieces is null and number not in (select value from json_each(?))
       order by number limit 1`,
    )
    .pluck()
  const selectWaiting = sql.prepare<[number, string, number], Waiting>(
    `select number, text from memory where namespace_id = ? and pieces is null
     and number not in (select value from json_each(?)) order by number limit ?`,
  )
  const exists = sql.prepare<[number], number>('select 1 from memory where number = ?').pluck()
  const setPieces = sql.prepare<[number, number]>('update memory set pieces = ? where number = ?')
  const selectIndexed = sql.prepare<[number], { number: number; pieces: number }>(
    'select number, pieces from memory where namespace_id = ? and pieces > 0',
  )
  const lose = sql.prepare<[number, string]>(
    'update memory set pieces = null where namespace_id = ? and number in (select value from json_each(?))',
  )
  const loseAll = sql.prepare<[number]>('update memory set pieces = null where namespace_id = ?')
  const namespacesIndexed = sql
    .prepare<[], number>(
      'select id from namespace where exists (select 1 from memory where namespace_id = namespace.id and pieces > 0)',
    )
    .pluck()
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
  const selectForgotten = sql.prepare<[], { number: number; namespace_id: number }>('select * from forgotten')
  const removeForgotten = sql.prepare<[string]>(
    'delete from forgotten where number in (select value from json_each(?))',
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
      if (earlier) return { id: earlier, namespace }
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
      return { id, namespace }
    },
    find: (namespace) => (namespace.isWellFormed() ? findNamespace.get(namespace) : undefined),
    rows: (namespace, numbers, exceptSources) =>
      selectRows.all(JSON.stringify(numbers), namespace, JSON.stringify(exceptSources)),
    waiting(limit, except, wanted) {
      const without = JSON.stringify([...except])
      const namespace = wanted ?? longestWaiting.get(without)
      if (namespace === undefined) return { namespace: 0, rows: [] }
      return { namespace, rows: selectWaiting.all(namespace, without, limit) }
    },
    stillThere: (number) => exists.get(number) === 1,
    markIndexed: (pieces) => pieces.forEach((count, number) => setPieces.run(count, number)),
    indexed: (namespace) =>
      new Map(selectIndexed.all(namespace).map(({ number, pieces }) => [number, pieces])),
    markLost(namespace, numbers) {
      if (numbers) lose.run(namespace, JSON.stringify(numbers))
      else loseAll.run(namespace)
    },
    indexedNamespaces: () => namespacesIndexed.all(),
    forget(namespace, id) {
      const found = namespace.isWellFormed() ? findOne.get(id, namespace) : undefined
      if (!found) return undefined
      detach.run(id)
      removeWords.run(found.number)
      remove.run(found.number)
      insertForgotten.run(found.number, found.namespace)
      return found
    },
    forgotten() {
      const numbers = new Map<number, number[]>()
      for (const { number, namespace_id } of selectForgotten.all()) {
        numbers.set(namespace_id, [...(numbers.get(namespace_id) ?? []), number])
      }
      return numbers
    },
    forgetDone: (numbers) => void removeForgotten.run(JSON.stringify(numbers)),
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
