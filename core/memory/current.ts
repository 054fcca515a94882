import type { Ranked } from './rank.ts'
import type { Row } from './record.ts'

/**
 * What does not hold any more never stands alone: before it comes what holds instead, found or not, with the better
 * score of both. The order of all others stays.
 */
export function currentFirst(
  ranked: readonly Ranked[],
  successorOf: (row: Row) => Row | undefined,
  exceptSources: readonly string[],
): Ranked[] {
  const placed = new Map<number, Ranked>()
  const place = (one: Ranked): void => {
    if (!placed.has(one.row.number)) placed.set(one.row.number, one)
  }
  for (const one of ranked) {
    const successor = one.row.superseded_at === null ? undefined : successorOf(one.row)
    if (successor && !exceptSources.includes(successor.source_id)) {
      place({ row: successor, score: one.score })
    }
    place(one)
  }
  return [...placed.values()]
}
