import type { Sql } from '../database.ts'

/** A memory and what was said around it: two before, just before, just after, two after; null where nothing was. */
export type Around = readonly [
  number: number,
  twoBefore: number | null,
  before: number | null,
  after: number | null,
  twoAfter: number | null,
]

/** A memory that belongs to no conversation. */
export const alone = (number: number): Around => [number, null, null, null, null]

/** What the record knows of who said what next to what, and when. */
export interface Conversations {
  /** Only of memories that belong to a conversation. */
  around(memories: readonly number[]): Around[]
  /** Who is known to have said something, in the order of their names. */
  speakers(namespace: number): string[]
  /** When the first and the last was said, in ms since 1970. */
  extent(namespace: number): { earliest: number; latest: number }
  /** What was said in this span and when; the latest, when there are many. */
  saidWithin(namespace: number, from: number, to: number, limit: number): { number: number; moment: number }[]
}

const MAX_SPEAKERS = 200

/** The memory that stands so to the one called `it`. */
const beside = (sign: '<' | '>', order: 'asc' | 'desc', offset: number): string =>
  `(select number from memory where namespace_id = it.namespace_id and session = it.session
    and (seq, number) ${sign} (it.seq, it.number) order by seq ${order}, number ${order} limit 1 offset ${offset})`

export function createConversations(sql: Sql): Conversations {
  const selectAround = sql
    .prepare<[string], Around>(
      `select number, ${beside('<', 'desc', 1)}, ${beside('<', 'desc', 0)}, ${beside('>', 'asc', 0)},
         ${beside('>', 'asc', 1)}
       from memory as it where number in (select value from json_each(?)) and session is not null`,
    )
    .raw()
  const selectSpeakers = sql
    .prepare<[number, number, number], string>(
      `with recursive known (name) as (
         select min(speaker) from memory where namespace_id = ? and speaker is not null
         union all select (select min(speaker) from memory where namespace_id = ? and speaker > known.name)
         from known where known.name is not null
       ) select name from known where name is not null limit ?`,
    )
    .pluck()
  const selectExtent = sql.prepare<[number, number], { earliest: number | null; latest: number | null }>(
    `select (select min(moment) from memory where namespace_id = ?) as earliest,
       (select max(moment) from memory where namespace_id = ?) as latest`,
  )
  const selectWithin = sql.prepare<[number, number, number, number], { number: number; moment: number }>(
    `select number, moment from memory where namespace_id = ? and moment between ? and ?
     order by moment desc limit ?`,
  )

  return {
    around: (memories) => selectAround.all(JSON.stringify(memories)),
    speakers: (namespace) => selectSpeakers.all(namespace, namespace, MAX_SPEAKERS),
    extent(namespace) {
      const { earliest, latest } = selectExtent.get(namespace, namespace) ?? {}
      return { earliest: earliest ?? 0, latest: latest ?? 0 }
    },
    saidWithin: (namespace, from, to, limit) => selectWithin.all(namespace, from, to, limit),
  }
}
