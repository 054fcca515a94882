import type { DataPlace } from '#contract'

/** What a table has of a person. The user id is the only parameter of both statements. */
export interface OwnTable {
  /** What a row is called in an export. */
  readonly kind: string
  readonly place: DataPlace
  /** What goes into an export; undefined: nothing that would tell the person anything. */
  readonly select?: string
  /** Undefined: whoever owns the table removes it in a way of its own. */
  readonly remove?: string
}
