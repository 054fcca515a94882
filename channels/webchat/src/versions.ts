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

interface Row extends InExchange {
  readonly kind: string
  readonly key: string
}

/**
 * Of an exchange that was asked again or changed, one version is drawn, where the first stands: the one that the person
 * chose on this page, else the one that counts.
 * @param chosen by the first version
 */
export function withVersions<R extends Row>(
  rows: readonly R[],
  chosen: ReadonlyMap<string, string>,
): (R & { readonly versions?: Versions })[] {
  const roots = new Set(rows.map(({ versionOf }) => versionOf).filter((root) => root !== undefined))
  if (roots.size === 0) return [...rows]
  const rootOf = (row: R): string | undefined => {
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
    return oneVersion(root, groups.get(root) ?? [], chosen.get(root))
  })
}

/** The first version of the exchange that a row belongs to. */
export const rootIn = ({ exchange, versionOf }: InExchange): string | undefined => versionOf ?? exchange

/** The rows keep their keys when another version is shown, so that focus stays where it is. */
function oneVersion<R extends Row>(
  root: string,
  rows: readonly R[],
  wanted: string | undefined,
): (R & { readonly versions?: Versions })[] {
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
