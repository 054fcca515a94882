import type { Migration } from '../database.ts'

/** The tables of chats. Released steps are never edited. */
export const chatMigrations: readonly Migration[] = [
  {
    id: 'chats-001',
    sql: `
      create table turn (
        id text primary key,
        identity text not null,
        partner text not null,
        message_id text not null,
        hash text not null,
        user_id text not null,
        channel text not null,
        app_id text not null,
        session_id text,
        status text not null check (status in ('running', 'answered', 'failed')),
        reply text,
        problem text,
        started_at integer not null,
        ended_at integer,
        unique (identity, partner, message_id)
      ) strict;
      create index turn_running on turn (status) where status = 'running';

      create table message (
        seq integer primary key,
        turn_id text not null references turn (id) on delete cascade,
        user_id text not null,
        partner text not null,
        role text not null check (role in ('user', 'assistant')),
        text text not null,
        channel text not null,
        files text not null,
        at integer not null,
        unique (turn_id, role)
      ) strict;
      create index message_chat on message (user_id, partner, seq);

      create virtual table message_fts using fts5 (
        text, content = 'message', content_rowid = 'seq', tokenize = 'porter unicode61 remove_diacritics 2'
      );
      insert into message_fts (message_fts, rank) values ('secure-delete', 1);
      create trigger message_found after insert on message begin
        insert into message_fts (rowid, text) values (new.seq, new.text);
      end;
      create trigger message_gone after delete on message begin
        insert into message_fts (message_fts, rowid, text) values ('delete', old.seq, old.text);
      end;

      create table last_channel (
        key text primary key,
        channel text not null,
        app_id text not null,
        user_id text not null,
        session_id text,
        at integer not null
      ) strict;

      create table location (
        user_id text primary key,
        text text not null,
        at integer not null
      ) strict;
    `,
  },
]
