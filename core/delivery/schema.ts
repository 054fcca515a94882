import type { OwnTable } from '../belongings/own-table.ts'
import type { Migration } from '../database.ts'

/**
 * The outbox and its ledger: one row for each message, from its cause until somebody acknowledged it, and after that,
 * without its words, so that it is not sent again.
 *
 * `channel` and `recipient` are set when the key of the message named a channel; else it goes wherever the person is.
 *
 * waiting       committed; to be tried at `next_at`, or, without one, as soon as somebody is there
 * sent          handed to `via` (`clients` or a channel), not acknowledged yet
 * acknowledged  seen
 * unknown       handed to a channel that cannot tell a repetition; nobody knows whether it arrived
 * dead          given up: the channel refused it, or did not take it for a day. It waits in the inbox
 */
export const deliveryMigrations: readonly Migration[] = [
  {
    id: 'delivery-001',
    sql: `
      create table delivery (
        seq integer primary key autoincrement,
        id text not null unique,
        user_id text not null,
        partner text not null,
        channel text,
        recipient text,
        text text,
        format text not null,
        reason text,
        late integer not null,
        source_kind text not null check (source_kind in ('job', 'plugin', 'turn')),
        source_id text not null,
        dedupe_key text,
        state text not null check (state in ('waiting', 'sent', 'acknowledged', 'unknown', 'dead')),
        via text,
        attempts integer not null default 0,
        repeated integer not null default 0,
        next_at integer,
        problem text,
        created_at integer not null,
        changed_at integer not null
      ) strict;
      create unique index delivery_once on delivery (source_kind, source_id, user_id, dedupe_key)
        where dedupe_key is not null;
      create index delivery_open on delivery (user_id, seq) where state <> 'acknowledged';
      create index delivery_due on delivery (next_at) where next_at is not null;
      create index delivery_done on delivery (changed_at) where state = 'acknowledged';
      create table callback (
        channel text primary key,
        url text not null,
        secret text not null,
        idempotent integer not null,
        changed_at integer not null
      ) strict;
    `,
  },
]

/** What was to be said to a person. */
export const deliveryTables: readonly OwnTable[] = [
  {
    kind: 'delivery',
    place: 'inbox',
    select: `select id, partner, text, reason, state, created_at from delivery where user_id = ? and text is not null
      order by seq`,
    remove: 'delete from delivery where user_id = ?',
  },
]
