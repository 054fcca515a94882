import type { OwnTable } from '../../belongings/own-table.ts'
import type { Migration } from '../../database.ts'

/**
 * Devices that are notified, one person each, and what each of them is to be told, and the chats that a
 * person wants to hear nothing of. A note stays as long as its message
 * is open, without `next_at` once it was sent or given up: so no device is told twice.
 */
export const pushMigrations: readonly Migration[] = [
  {
    id: 'push-001',
    sql: `
      create table push_device (
        id integer primary key autoincrement,
        user_id text not null,
        endpoint text not null unique,
        p256dh text not null,
        auth text not null,
        created_at integer not null
      ) strict;
      create index push_device_of on push_device (user_id);
      create table push_note (
        device integer not null references push_device on delete cascade,
        message text not null,
        attempts integer not null default 0,
        next_at integer,
        primary key (device, message)
      ) strict;
      create table push_muted (
        user_id text not null,
        partner text not null,
        primary key (user_id, partner)
      ) strict, without rowid;
      create index push_note_due on push_note (next_at) where next_at is not null;
    `,
  },
]

/** The devices of a person, and what they are told nothing of. */
export const pushTables: readonly OwnTable[] = [
  {
    kind: 'device',
    place: 'devices',
    select: 'select endpoint, created_at from push_device where user_id = ?',
    remove: 'delete from push_device where user_id = ?',
  },
  {
    kind: 'muted_chat',
    place: 'devices',
    select: 'select partner from push_muted where user_id = ?',
    remove: 'delete from push_muted where user_id = ?',
  },
]
