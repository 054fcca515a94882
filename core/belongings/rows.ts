import type { DataLine, DataPlace } from '#contract'
import type { Sql } from '../database.ts'
import type { OwnTable } from './own-table.ts'

/** The rows of one person in many tables. */
export interface Rows {
  /** Everything, as lines of an export. */
  lines(userId: string): Iterable<DataLine>
  /** How many of what `remove` deletes there are in each place; places without any are left out. */
  count(userId: string): Map<DataPlace, number>
  /** Deletes them. To be called inside a job of `Database.write`. */
  remove(userId: string): void
}

/** Rows that are read at once: between two such steps others may write. */
const STEP = 500
/** Values of SQLite that are times in ms end with this. */
const TIME = /^(at|.*_at|until|slot)$/

export function createRows(sql: Sql, tables: readonly OwnTable[]): Rows {
  const shown = tables.flatMap(({ kind, place, select, remove }) =>
    select === undefined
      ? []
      : [
          {
            kind,
            place,
            isRemoved: remove !== undefined,
            page: sql.prepare<[string, number], Record<string, unknown>>(
              `select * from (${select}) limit ${STEP} offset ?`,
            ),
            count: sql.prepare<[string], number>(`select count(*) from (${select})`).pluck(),
          },
        ],
  )
  const removals = tables.flatMap(({ remove }) => (remove === undefined ? [] : [sql.prepare(remove)]))

  return {
    *lines(userId) {
      for (const { kind, page } of shown) {
        let rows = page.all(userId, 0)
        for (let from = 0; rows.length > 0; rows = page.all(userId, from)) {
          for (const row of rows) yield { kind, ...readable(row) }
          from += rows.length
        }
      }
    },
    count(userId) {
      const counts = new Map<DataPlace, number>()
      for (const { place, isRemoved, count } of shown) {
        const more = isRemoved ? (count.get(userId) ?? 0) : 0
        if (more > 0) counts.set(place, (counts.get(place) ?? 0) + more)
      }
      return counts
    },
    remove(userId) {
      for (const removal of removals) removal.run(userId)
    },
  }
}

/** Times as ISO 8601; what is not there is left out. */
function readable(row: Record<string, unknown>): Record<string, unknown> {
  const given = Object.entries(row).filter(([, value]) => value !== null)
  return Object.fromEntries(
    given.map(([name, value]) => [
      name,
      TIME.test(name) && typeof value === 'number' ? new Date(value).toISOString() : value,
    ]),
  )
}
