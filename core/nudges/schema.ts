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
