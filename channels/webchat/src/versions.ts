import type { Row } from './rows.ts'

/** To which exchange a row belongs, and of which that is another version. */
export interface InExchange {
  /** Undefined where nobody keeps versions. */
  readonly exchange?: string | undefined
  readonly versionOf?: string | undefined
  /** Another version counts. */
  readonly aside?: true | undefined
}

/** The versions of one exchange, oldest first. */
export interface Versions {
  /** The first of them, as the name of all. */
  readonly root: string
  readonly exchanges: readonly string[]
  /** The one that is drawn. */
  readonly at: number
}

type RowOfExchange = Extract<Row, InExchange>

/**
 * Of an exchange that was asked again or changed, one version is drawn, where the first stands: the one that the person
 * chose on this page, else the one that counts.
 * @param chosen by the first version
 */
export function withVersions(rows: readonly Row[], chosen: ReadonlyMap<string, string>): Row[] {
  const roots = new Set(rows.map((row) => place(row).versionOf).filter((root) => root !== undefined))
  if (roots.size === 0) return [...rows]
  const rootOf = (row: Row): string | undefined => {
    const root = rootIn(row)
    return root !== undefined && roots.has(root) ? root : undefined
  }
  const groups = Map.groupBy(rows, rootOf)
  const drawn = new Set<string>()
  return rows.flatMap((row) => {
    const root = rootOf(row)
    if (root === undefined) return row
    if (drawn.has(root)) return []
    drawn.add(root)
    return oneVersion(root, (groups.get(root) ?? []) as RowOfExchange[], chosen.get(root))
  })
}

const place = (row: Row): InExchange => ('exchange' in row ? row : {})

/** The first version of the exchange that a row belongs to. */
export function rootIn(row: Row): string | undefined {
  const { exchange, versionOf } = place(row)
  return versionOf ?? exchange
}

/** The rows keep their keys when another version is shown, so that focus stays where it is. */
function oneVersion(root: string, rows: readonly RowOfExchange[], wanted: string | undefined): Row[] {
  const exchanges = [...new Set(rows.map(({ exchange }) => exchange ?? ''))]
  const known = wanted !== undefined && exchanges.includes(wanted) ? wanted : undefined
  const counting = rows.findLast(({ aside }) => !aside)?.exchange
  const shown = known ?? counting ?? exchanges.at(-1) ?? ''
  const versions = { root, exchanges, at: exchanges.indexOf(shown) }
  const own = rows.filter(({ exchange }) => exchange === shown)
  return own.map((row, at) => ({
    ...row,
    key: `${row.kind} ${root}`,
    ...(at === own.length - 1 && exchanges.length > 1 && { versions }),
  }))
}
