import type { OwnTable } from '../belongings/own-table.ts'
import type { Migration } from '../database.ts'

/**
 * Jobs and their runs. `next_at` is when a job is due; null when it is paused or over. A run belongs to the moment it was
 * due (`slot`), and there is one at most for each.
 */
export const scheduleMigrations: readonly Migration[] = [
  {
    id: 'schedule-001',
    sql: `
      create table job (
        seq integer primary key,
        id text not null unique,
        user_id text not null,
        kind text not null check (kind in ('message', 'turn', 'plugin')),
        text text not null,
        at integer,
        cron text,
        timezone text not null,
        channel_key text,
        channel text not null,
        missed text not null check (missed in ('run', 'skip')),
        call text,
        made_by text,
        key text,
        paused integer not null default 0,
        next_at integer,
        created_at integer not null,
        check ((at is null) <> (cron is null))
      ) strict;
      create index job_due on job (next_at) where next_at is not null;
      create index job_user on job (user_id, seq);
      create unique index job_key on job (made_by, user_id, key) where key is not null;

      create table job_run (
        seq integer primary key,
        job text not null references job (id) on delete cascade,
        slot integer not null,
        status text not null check (status in ('running', 'done', 'failed', 'skipped')),
        late integer not null,
        started_at integer not null,
        ended_at integer,
        detail text,
        delivery_id text,
        unique (job, slot)
      ) strict;
      create index job_run_started on job_run (started_at);
      create index job_run_running on job_run (seq) where status = 'running';
    `,
  },
  {
    id: 'schedule-002',
    sql: `alter table job_run add column tries integer not null default 1;`,
  },
  {
    id: 'schedule-003',
    sql: `alter table job add column language text not null default 'en';`,
  },
]

/** What a person has planned, with its runs. */
export const scheduleTables: readonly OwnTable[] = [
  {
    kind: 'job',
    place: 'jobs',
    select: `select id, kind as job_kind, text, at, cron, timezone, missed, made_by, paused, next_at, created_at from job
      where user_id = ? order by seq`,
    remove: 'delete from job where user_id = ?',
  },
]
