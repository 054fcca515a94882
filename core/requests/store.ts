import type { InboundMessage, InboundResult } from '#contract'
import type { Sql } from '../database.ts'
import type { Turn } from '../recognize.ts'

/** A message that was accepted, and how it ended. */
export interface RequestRow {
  readonly id: string
  readonly user_id: string
  readonly partner: string
  readonly channel: string
  readonly hash: string
  readonly state: 'accepted' | 'done' | 'failed' | 'cancelled'
  /** JSON; undefined while it runs. */
  readonly result: string | null
}

/** An answer that was fetched is kept so long, in ms: the fetcher may not have got it. */
const FETCHED_KEPT = 5 * 60_000
/** An answer that nobody fetches is kept so long, in ms. */
const KEPT = 24 * 60 * 60_000

/** Requests on disk. Reads are of the moment; what writes is to be called inside a transaction. */
export type RequestStore = ReturnType<typeof createRequestStore>

export function createRequestStore(sql: Sql) {
  const run = prepare(sql)
  return {
    get: (id: string) => run.get.get(id) as RequestRow | undefined,
    /** Also one that failed before: the same message may run again. */
    accept({ id, person, partner, hash, message }: Turn, at: number): void {
      const { channel_name: channel } = message
      run.accept.run({ id, user_id: person.id, partner, channel, hash, message: JSON.stringify(message), at })
    },
    end(id: string, state: RequestRow['state'], result: InboundResult, at: number): void {
      run.end.run(state, JSON.stringify(result), at, id)
    },
    fetched: (id: string, at: number) => void run.fetched.run(at, id),
    /** What was not answered when Core ended, oldest first. `runs`: how often it was begun. */
    begin: () =>
      (run.begin.all() as { message: string; runs: number }[]).map(({ message, runs }) => ({
        message: JSON.parse(message) as InboundMessage,
        runs,
      })),
    forget: (userId: string, partner: string) => void run.forget.run(userId, partner),
    /** What was fetched or acknowledged a while ago goes, and what nobody wanted for a day. */
    prune: (now: number) => void run.prune.run(now - FETCHED_KEPT, now - KEPT, now - FETCHED_KEPT),
  }
}

function prepare(sql: Sql) {
  return {
    get: sql.prepare('select id, user_id, partner, channel, hash, state, result from request where id = ?'),
    accept: sql.prepare(
      `insert into request (id, user_id, partner, channel, hash, message, state, runs, accepted_at)
       values (@id, @user_id, @partner, @channel, @hash, @message, 'accepted', 1, @at)
       on conflict do update set message = excluded.message, state = 'accepted', runs = 1, result = null,
         accepted_at = excluded.accepted_at, ended_at = null, fetched_at = null
       where state in ('failed', 'cancelled')`,
    ),
    end: sql.prepare(
      `update request set state = ?, result = ?, message = null, ended_at = ? where id = ? and state = 'accepted'`,
    ),
    fetched: sql.prepare('update request set fetched_at = coalesce(fetched_at, ?) where id = ?'),
    begin: sql.prepare(`update request set runs = runs + 1 where state = 'accepted' returning message, runs`),
    forget: sql.prepare('delete from request where user_id = ? and partner = ? and ended_at is not null'),
    prune: sql.prepare(
      `delete from request where ended_at is not null and (fetched_at < ? or ended_at < ? or (ended_at < ? and
         exists (select 1 from delivery where delivery.id = request.id and delivery.state = 'acknowledged')))`,
    ),
  }
}
