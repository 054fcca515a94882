import type { OwnTable } from '../belongings/own-table.ts'
import type { Migration } from '../database.ts'

/** Who may be written to first, by whom, and when; and when it was done lately. */
export const nudgeMigrations: readonly Migration[] = [
  {
    id: 'nudges-001',
    sql: `
      create table nudge_consent (
        user_id text not null,
        companion text not null,
        at integer not null,
        primary key (user_id, companion)
      ) strict, without rowid;

      create table nudge_rule (
        user_id text primary key,
        quiet_hours text not null,
        most_a_day integer not null,
        muted_until integer
      ) strict;

      create table nudge_sent (
        user_id text not null,
        companion text not null,
        dedupe_key text not null,
        at integer not null
      ) strict;
      create index nudge_sent_at on nudge_sent (user_id, at);
    `,
  },
]

/** What a person allowed companions. */
export const nudgeTables: readonly OwnTable[] = [
  {
    kind: 'may_write_first',
    place: 'nudges',
    select: 'select companion, at from nudge_consent where user_id = ?',
    remove: 'delete from nudge_consent where user_id = ?',
  },
  {
    kind: 'nudge_rule',
    place: 'nudges',
    select: 'select quiet_hours, most_a_day, muted_until from nudge_rule where user_id = ?',
    remove: 'delete from nudge_rule where user_id = ?',
  },
  {
    kind: 'written_first',
    place: 'nudges',
    select: 'select companion, at from nudge_sent where user_id = ?',
    remove: 'delete from nudge_sent where user_id = ?',
  },
]
