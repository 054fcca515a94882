import type { OwnTable } from '../belongings/own-table.ts'
import type { Migration } from '../database.ts'

/** Messages that were accepted with `async: true`, until some time after their answer was fetched. */
export const requestMigrations: readonly Migration[] = [
  {
    id: 'requests-001',
    sql: `
      create table request (
        id text primary key,
        user_id text not null,
        partner text not null,
        channel text not null,
        hash text not null,
        message text,
        state text not null check (state in ('accepted', 'done', 'failed', 'cancelled')),
        runs integer not null default 0,
        result text,
        accepted_at integer not null,
        ended_at integer,
        fetched_at integer
      ) strict;
      create index request_open on request (accepted_at) where state = 'accepted';
      create index request_ended on request (ended_at) where ended_at is not null;
    `,
  },
]

/** What a person sent and has not fetched the answer of. */
export const requestTables: readonly OwnTable[] = [
  {
    kind: 'request',
    place: 'inbox',
    select: 'select id, partner, message, state, result, accepted_at from request where user_id = ?',
    remove: 'delete from request where user_id = ?',
  },
]
