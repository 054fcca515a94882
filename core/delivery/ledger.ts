import type { DeliveryEntry, Format } from '#contract'
import type { Sql } from '../database.ts'

/** Most messages that are with the clients of a person without an acknowledgement; the next ones wait for these. */
const WINDOW = 100

/** One message of the outbox. Times are in ms. */
export interface Row {
  readonly seq: number
  readonly id: string
  readonly user_id: string
  readonly partner: string
  /** Set when the message is for one place; else it goes wherever the person is. */
  readonly channel: string | null
  readonly recipient: string | null
  /** Null once it is acknowledged. */
  readonly text: string | null
  readonly format: Format
  readonly reason: string | null
  readonly late: 0 | 1
  readonly source_kind: 'job' | 'plugin' | 'turn'
  readonly source_id: string
  readonly state: DeliveryEntry['state']
  /** `clients`, or the channel that may have it already. */
  readonly via: string | null
  readonly attempts: number
  readonly repeated: 0 | 1
  readonly next_at: number | null
  readonly problem: string | null
  readonly created_at: number
  readonly changed_at: number
}

/** What becomes of a row; what is left out is cleared (`next_at`, `via`, `problem`) or stays (`attempts`, `repeated`). */
export interface Mark {
  readonly state: Row['state']
  readonly via?: string | null
  readonly next_at?: number | null
  readonly problem?: string | null
  readonly attempts?: number
  readonly repeated?: 0 | 1
}

/** A chat whose messages are sent one after the other. */
export interface ChatOf {
  readonly user_id: string
  readonly partner: string
}

/** The outbox on disk. Reads are of the moment; what writes is to be called inside a transaction. */
export type Ledger = ReturnType<typeof createLedger>

export function createLedger(sql: Sql) {
  const run = prepare(sql)
  return {
    /** Chats with something that is to be sent at a set time. */
    chats: () => run.chats.all() as ChatOf[],
    /**
     * The oldest message of a chat that is to be sent at a set time, whether that has come or not. What somebody may
     * still fetch holds up nobody.
     */
    head: ({ user_id, partner }: ChatOf, now: number) =>
      (run.head.get(user_id, partner, now) ?? run.later.get(user_id, partner)) as Row | undefined,
    /**
     * What the clients of a person are to have, oldest first; not what a bridge has or is to have, nor what somebody may
     * still fetch.
     */
    forClients: (userId: string, now: number) => run.forClients.all(userId, now, WINDOW) as Row[],
    /** What is not acknowledged, oldest first. */
    open: (userId: string, after: string | undefined, limit: number) =>
      run.open.all(userId, after ?? '', limit) as Row[],
    /** What was acknowledged after this one, oldest first, without words. */
    acknowledgedSince: (userId: string, after: string) => run.since.all(userId, after, WINDOW) as Row[],
    unread: (userId: string) => run.unread.pluck().get(userId) as number,
    list: (userId: string | undefined, limit: number) =>
      run.list.all({ userId: userId ?? null, limit }) as Row[],
    get: (id: string) => run.get.get(id) as Row | undefined,

    /** @returns false when the row is another by now: somebody else took it, or it was acknowledged */
    mark(row: Row, mark: Mark, now: number): boolean {
      const { changes } = run.mark.run({
        seq: row.seq,
        was: row.state,
        wasVia: row.via,
        now,
        state: mark.state,
        via: mark.via ?? null,
        next_at: mark.next_at ?? null,
        problem: mark.problem ?? null,
        attempts: mark.attempts ?? row.attempts,
        repeated: mark.repeated ?? row.repeated,
      })
      return changes === 1
    },
    /** The words go with it. @returns whether it was not acknowledged before */
    acknowledge: (id: string, now: number) => run.acknowledge.run(now, id).changes === 1,
    /** No word of this chat stays; that its messages were there does. */
    forget: (userId: string, partner: string, now: number) => void run.forget.run(now, userId, partner),
    /** This one and what else is due in its chat waits, without a set time, until somebody comes: nobody takes it now. */
    park: ({ seq, user_id, partner }: Row, now: number) => void run.park.run({ seq, user_id, partner, now }),
    /** What waits for anybody, or for this channel, is to be sent now. */
    wakeFor: (channel: string, now: number) => void run.wakeFor.run({ channel, now }),
    /** What waits for this person, and is with no bridge, is to be sent now. */
    wakeOf: (userId: string, now: number) => void run.wakeOf.run(now, userId),
    /**
     * What was being sent when Core ended: bridges get it again, unless they cannot tell a repetition; clients have
     * until `patience` to come back for it.
     */
    recover(now: number, patience: number): void {
      run.unsure.run(now)
      run.again.run(now, now)
      run.patience.run({ patience })
    },
    /** Removes what was acknowledged before this time, so many at most. */
    prune: (before: number, most: number) => void run.prune.run(before, most),
  }
}

function prepare(sql: Sql) {
  const ofClients = `(via is null or via = 'clients') and (channel is null or channel not in (select channel from callback))`
  const toBeFetched = `(state = 'waiting' and attempts = 0 and coalesce(next_at, 0) > ?)`
  const ofChat = `select * from delivery where user_id = ? and partner = ? and state <> 'acknowledged' and next_at is not null`
  return {
    chats: sql.prepare('select distinct user_id, partner from delivery where next_at is not null'),
    head: sql.prepare(`${ofChat} and not ${toBeFetched} order by seq limit 1`),
    later: sql.prepare(`${ofChat} order by next_at limit 1`),
    forClients: sql.prepare(
      `select * from delivery where user_id = ? and state <> 'acknowledged' and
         (state in ('dead', 'unknown') or ${ofClients}) and
         not ${toBeFetched}
       order by seq limit ?`,
    ),
    open: sql.prepare(
      `select * from delivery where user_id = ? and state <> 'acknowledged' and
         seq > coalesce((select seq from delivery where id = ?), 0)
       order by seq limit ?`,
    ),
    since: sql.prepare(
      `select * from delivery where user_id = ? and state = 'acknowledged' and
         seq > (select seq from delivery where id = ?)
       order by seq limit ?`,
    ),
    unread: sql.prepare(`select count(*) from delivery where user_id = ? and state <> 'acknowledged'`),
    list: sql.prepare(
      'select * from delivery where @userId is null or user_id = @userId order by seq desc limit @limit',
    ),
    get: sql.prepare('select * from delivery where id = ?'),
    mark: sql.prepare(
      `update delivery set state = @state, via = @via, next_at = @next_at, problem = @problem, attempts = @attempts,
         repeated = @repeated, changed_at = @now
       where seq = @seq and state = @was and via is @wasVia`,
    ),
    acknowledge: sql.prepare(
      `update delivery set state = 'acknowledged', text = null, next_at = null, problem = null, changed_at = ?
       where id = ? and state <> 'acknowledged'`,
    ),
    forget: sql.prepare(
      `update delivery set state = 'acknowledged', text = null, reason = null, next_at = null, problem = null, changed_at = ?
       where user_id = ? and partner = ?`,
    ),
    park: sql.prepare(
      `update delivery set next_at = null
       where user_id = @user_id and partner = @partner and state = 'waiting' and via is null and
         (next_at <= @now or seq = @seq)`,
    ),
    wakeOf: sql.prepare(
      `update delivery set next_at = ? where user_id = ? and state = 'waiting' and via is null and next_at is null`,
    ),
    wakeFor: sql.prepare(
      `update delivery set next_at = @now where state = 'waiting' and (via is null or via = @channel)`,
    ),
    unsure: sql.prepare(
      `update delivery set state = 'unknown', next_at = null, repeated = 1, changed_at = ?,
         problem = 'Core stopped while it was being sent'
       where state = 'sent' and via in (select channel from callback where not idempotent)`,
    ),
    again: sql.prepare(
      `update delivery set state = 'waiting', next_at = ?, changed_at = ? where state = 'sent' and via <> 'clients'`,
    ),
    patience: sql.prepare(
      `update delivery set next_at = @patience where state = 'sent' and via = 'clients' and next_at < @patience`,
    ),
    prune: sql.prepare(
      `delete from delivery where seq in
         (select seq from delivery where state = 'acknowledged' and changed_at < ? limit ?)`,
    ),
  }
}
