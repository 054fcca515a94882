import type { PushSubscribed } from '#contract'
import type { Sql } from '../../database.ts'

/** A browser that takes notifications. */
export interface Device {
  readonly id: number
  readonly user_id: string
  readonly endpoint: string
  readonly p256dh: string
  readonly auth: string
}

/** What a device is to be told: the id of a message. `next_at` in ms. */
export interface Note {
  readonly device: number
  readonly message: string
  readonly attempts: number
  readonly next_at: number
}

/** Most devices of one person; one more replaces the oldest. */
const MOST_DEVICES = 20

/** Devices and notes on disk. Reads are of the moment; what writes is to be called inside a transaction. */
export type PushStore = ReturnType<typeof createPushStore>

export function createPushStore(sql: Sql) {
  const run = prepare(sql)
  return {
    has: (userId: string): boolean => run.has.get(userId) !== undefined,
    device: (id: number) => run.device.get(id) as Device | undefined,
    add({ user_id, endpoint, keys }: PushSubscribed, at: number): void {
      run.others.run(endpoint, user_id)
      run.add.run({ user_id, endpoint, ...keys, at })
      run.oldest.run(user_id, MOST_DEVICES)
    },
    /** @returns whether there was one */
    end: (userId: string, endpoint: string): boolean => run.end.run(userId, endpoint).changes === 1,
    drop: (device: number): void => void run.drop.run(device),

    muted: (userId: string) => run.muted.pluck().all(userId) as string[],
    mute: (userId: string, partner: string): void => void run.mute.run(userId, partner),
    unmute: (userId: string, partner: string): void => void run.unmute.run(userId, partner),

    /** All devices of this person are to be told of this message, each once. */
    note: (userId: string, message: string, at: number): void => void run.note.run(message, at, userId),
    /** The oldest of this device that is to be sent, whether its time has come or not. */
    next: (device: number) => run.next.get(device) as Note | undefined,
    waiting: () => run.waiting.pluck().all() as number[],
    mark: ({ device, message }: Note, attempts: number, next_at: number | null): void =>
      void run.mark.run(attempts, next_at, device, message),
    /** Forgets what is about messages that nobody waits for any more. */
    prune: (): void => void run.prune.run(),
  }
}

function prepare(sql: Sql) {
  return {
    has: sql.prepare('select 1 from push_device where user_id = ? limit 1'),
    device: sql.prepare('select id, user_id, endpoint, p256dh, auth from push_device where id = ?'),
    others: sql.prepare('delete from push_device where endpoint = ? and user_id <> ?'),
    add: sql.prepare(
      `insert into push_device (user_id, endpoint, p256dh, auth, created_at) values (@user_id, @endpoint, @p256dh, @auth, @at)
       on conflict (endpoint) do update set p256dh = excluded.p256dh, auth = excluded.auth`,
    ),
    oldest: sql.prepare(
      `delete from push_device where id in
         (select id from push_device where user_id = ? order by id desc limit -1 offset ?)`,
    ),
    end: sql.prepare('delete from push_device where user_id = ? and endpoint = ?'),
    drop: sql.prepare('delete from push_device where id = ?'),
    muted: sql.prepare('select partner from push_muted where user_id = ? order by partner'),
    mute: sql.prepare('insert or ignore into push_muted (user_id, partner) values (?, ?)'),
    unmute: sql.prepare('delete from push_muted where user_id = ? and partner = ?'),
    note: sql.prepare(
      `insert or ignore into push_note (device, message, next_at) select id, ?, ? from push_device where user_id = ?`,
    ),
    next: sql.prepare(
      'select * from push_note where device = ? and next_at is not null order by next_at, rowid limit 1',
    ),
    waiting: sql.prepare('select distinct device from push_note where next_at is not null'),
    mark: sql.prepare('update push_note set attempts = ?, next_at = ? where device = ? and message = ?'),
    prune: sql.prepare(
      `delete from push_note where message not in (select id from delivery where state <> 'acknowledged')`,
    ),
  }
}
