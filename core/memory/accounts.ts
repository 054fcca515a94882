import type { Indexed, IndexState } from './index-state.ts'
import type { RebuildState } from './rebuild-state.ts'
import type { Spaces } from './spaces.ts'
import type { Place } from './vectors.ts'

/** What the record says of one table, be it the one that is searched or the one that is built. */
export interface Account {
  /** What should be there, by number, from behind this one on; the first of them. */
  wanted(after: number, limit: number): Indexed[]
  mark(pieces: ReadonlyMap<number, number>): void
  /** These, or all of them, are not in the table. */
  lose(memories?: readonly number[]): void
}

/** Undefined when the table is not in use (any more). */
export type AccountOf = (place: Place) => Account | undefined

export const createAccounts =
  ({ state, rebuilds, spaces }: { state: IndexState; rebuilds: RebuildState; spaces: Spaces }): AccountOf =>
  ({ namespace, space }) => {
    if (spaces.ofNamespace(namespace) === space) {
      return {
        wanted: (after, limit) => state.indexed(namespace, after, limit),
        mark: state.markIndexed,
        lose: (memories) => state.markLost(namespace, memories),
      }
    }
    if (rebuilds.target(namespace) !== space) return undefined
    return {
      wanted: (after, limit) => rebuilds.rebuilt(namespace, after, limit),
      mark: (pieces) => rebuilds.markRebuilt(namespace, pieces),
      lose: (memories) => rebuilds.markLost(namespace, memories),
    }
  }
