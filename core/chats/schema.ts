import type { OwnTable } from '../belongings/own-table.ts'
import type { Migration } from '../database.ts'

/**
 * The tables of chats. Released steps are never edited. What a turn writes lies, as far as it can, at the end of its
 * tables and indexes, so that a commit of many turns touches few pages; full text is brought up to date behind them.
 */
export const chatMigrations: readonly Migration[] = [
  {
    id: 'chats-001',
    sql: `
      create table turn (
        seq integer primary key,
        id text not null unique,
        message_id text not null,
        partner text not null,
        hash text not null,
        user_id text not null,
        channel text not null,
        app_id text not null,
        session_id text,
        status text not null check (status in ('running', 'answered', 'failed')),
        reply text,
        problem text,
        started_at integer not null,
        ended_at integer
      ) strict;
      create index turn_running on turn (status) where status = 'running';

      create table message (
        seq integer primary key,
        turn integer not null references turn (seq) on delete cascade,
        user_id text not null,
        partner text not null,
        role text not null check (role in ('user', 'assistant')),
        text text not null,
        channel text not null,
        files text not null,
        at integer not null,
        unique (turn, role)
      ) strict;
      create index message_chat on message (user_id, partner, seq);

      create virtual table message_fts using fts5 (
        text, content = 'message', content_rowid = 'seq', tokenize = 'porter unicode61 remove_diacritics 2'
      );
      insert into message_fts (message_fts, rank) values ('secure-delete', 1);
      create trigger message_gone after delete on message
        when exists (select 1 from message_fts_docsize where id = old.seq)
      begin
        insert into message_fts (message_fts, rowid, text) values ('delete', old.seq, old.text);
      end;

      create table last_channel (
        key_app text not null,
        key_user text not null,
        key_session text not null,
        channel text not null,
        app_id text not null,
        user_id text not null,
        session_id text,
        at integer not null,
        primary key (key_user, key_app, key_session)
      ) strict, without rowid;

      create table location (
        user_id text primary key,
        text text not null,
        at integer not null
      ) strict;
    `,
  },
  { id: 'chats-002', sql: `alter table last_channel add column sender text not null default ''` },
  {
    id: 'chats-003',
    sql: `
      alter table turn add column version_of text;
      alter table turn add column aside integer not null default 0;
      create index turn_version on turn (version_of) where version_of is not null;
    `,
  },
]

/** What chats keep of a person. A turn that runs ends by itself; so its chat is deleted first, and what is left here. */
export const chatTables: readonly OwnTable[] = [
  {
    kind: 'message',
    place: 'messages',
    select: `select partner, role, text, channel, files, at from message where user_id = ? order by seq`,
    remove: `delete from turn where user_id = ? and status <> 'running'`,
  },
  {
    kind: 'last_channel',
    place: 'whereabouts',
    select: `select distinct channel, sender, app_id, session_id, at from last_channel where user_id = ?`,
    remove: 'delete from last_channel where user_id = ?',
  },
  {
    kind: 'location',
    place: 'whereabouts',
    select: 'select text, at from location where user_id = ?',
    remove: 'delete from location where user_id = ?',
  },
]
