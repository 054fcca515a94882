import type { KnowledgeFile } from '#contract'
import type { Migration, Sql } from '../database.ts'

export const knowledgeMigrations: readonly Migration[] = [
  {
    id: 'knowledge-001',
    sql: `
      create table knowledge_file (
        user_id text not null,
        name text not null,
        size integer not null,
        stamp text not null,
        hash text,
        state text not null check (state in ('waiting', 'ready', 'failed')),
        detail text,
        passages integer not null default 0,
        changed_at text not null,
        primary key (user_id, name)
      ) strict, without rowid;`,
  },
]

/** A file as it was last read. */
export interface KnownFile extends KnowledgeFile {
  /** Of the file as it was read; another one means that it has changed since. */
  readonly stamp: string
  readonly hash: string | null
}

/** What is known of people's files. What writes belongs inside a job of `Database.write`. */
export interface KnownFiles {
  of(userId: string): KnownFile[]
  /** Unless it is known. */
  add(userId: string, file: KnownFile): void
  put(userId: string, file: KnownFile): void
  remove(userId: string, name: string): void
  /** What failed is tried again from now on. */
  retryFailed(): void
}

export function createKnownFiles(sql: Sql): KnownFiles {
  const select = sql.prepare<[string], Omit<KnownFile, 'detail'> & { detail: string | null }>(
    `select name, size, stamp, hash, state, detail, passages, changed_at from knowledge_file
     where user_id = ? order by name`,
  )
  const insert = `insert into knowledge_file (user_id, name, size, stamp, hash, state, detail, passages, changed_at)
    values (@user_id, @name, @size, @stamp, @hash, @state, @detail, @passages, @changed_at)`
  const insertNew = sql.prepare<[object]>(`${insert} on conflict do nothing`)
  const upsert = sql.prepare<[object]>(
    `${insert} on conflict do update set size = @size, stamp = @stamp, hash = @hash, state = @state, detail = @detail,
       passages = @passages, changed_at = @changed_at`,
  )
  const remove = sql.prepare<[string, string]>('delete from knowledge_file where user_id = ? and name = ?')
  const retry = sql.prepare(`update knowledge_file set stamp = '' where state = 'failed'`)

  return {
    of: (userId) =>
      select.all(userId).map(({ detail, ...file }) => (detail === null ? file : { ...file, detail })),
    add: (userId, file) => void insertNew.run({ detail: null, ...file, user_id: userId }),
    put: (userId, file) => void upsert.run({ detail: null, ...file, user_id: userId }),
    remove: (userId, name) => void remove.run(userId, name),
    retryFailed: () => void retry.run(),
  }
}
