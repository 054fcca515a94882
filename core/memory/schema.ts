import type { Migration } from '../database.ts'

/**
 * `namespace.id` and `memory.number` are never used again, so that a left-over index row can never belong to another.
 * `pieces` is how many rows the vector index holds of a memory; null = not there yet.
 * `forgotten` holds the numbers whose vectors are still to be removed. `superseded_at` says since when a memory does not
 * hold any more, `superseded_by` what holds instead, unless that was forgotten. `moment` is when it was said, in ms since
 * 1970; `session` the conversation it belongs to, `seq` its place there: given, or made from who said it where and when.
 * `namespace.space` is where it is indexed and searched, `next_space` where it is rebuilt, with `rebuilt` for `pieces`.
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
  {
    id: 'memory-sources',
    sql: `
      drop index memory_turn;
      alter table memory add column kind text not null default 'turn';
      update memory set kind = source_kind;
      alter table memory drop column source_kind;
      alter table memory rename column kind to source_kind;
      alter table memory add column source_chat text;
      alter table memory add column source_message text;
      alter table memory add column source_place text;
      alter table memory add column superseded_at text;
      create index memory_source on memory (namespace_id, source_kind, source_id);
      create table memory_version (
        number integer primary key,
        memory_id text not null references memory (id) on delete cascade,
        text text not null,
        since text not null,
        until text not null
      ) strict;
      create index memory_version_of on memory_version (memory_id);`,
  },
  {
    id: 'memory-conversations',
    sql: `
      alter table memory add column moment integer not null default 0;
      update memory set moment = coalesce(unixepoch(said_at), unixepoch(created_at)) * 1000;
      update memory set seq = moment where seq is null;
      create index memory_conversation on memory (namespace_id, session, seq, number) where session is not null;
      create index memory_sitting on memory (namespace_id, source_chat, moment) where source_kind = 'turn';
      create index memory_speaker on memory (namespace_id, speaker) where speaker is not null;
      create index memory_moment on memory (namespace_id, moment);`,
  },
  {
    id: 'memory-spaces',
    sql: `
      create table space (
        id integer primary key autoincrement,
        name text not null unique,
        spec text not null,
        wanted integer not null default 0
      ) strict;
      insert into space (id, name, spec, wanted) values (1, 'bundled-en', '{"kind":"bundled"}', 1);
      alter table namespace add column space integer references space (id);
      alter table namespace add column next_space integer references space (id);
      update namespace set space = 1;
      create trigger namespace_added after insert on namespace begin
        update namespace set space = (select id from space where wanted) where id = new.id;
      end;
      create table rebuilt (
        namespace_id integer not null references namespace (id),
        memory integer not null,
        pieces integer not null,
        primary key (namespace_id, memory)
      ) strict, without rowid;
      create trigger memory_not_rebuilt after delete on memory begin
        delete from rebuilt where namespace_id = old.namespace_id and memory = old.number;
      end;
      create trigger memory_rewritten after update of number on memory begin
        delete from rebuilt where namespace_id = old.namespace_id and memory = old.number;
      end;
      create index memory_of on memory (namespace_id, number);`,
  },
]

/** Goes behind the migrations of chats: tells the memories of earlier turns which chat and message they came from. */
export const memorySourceMigrations: Migration[] = [
  {
    id: 'memory-sources-of-turns',
    sql: `
      update memory set source_chat = turn.partner, source_message = turn.message_id
      from turn where turn.id = memory.source_id and memory.source_kind in ('turn', 'tool');`,
  },
]

/** What marks the rows of one namespace in the full text; words of a memory are in another column. */
export const scopeOf = (namespace: number): string => `ns${namespace}`
