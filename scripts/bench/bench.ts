/** A figure that was promised. `ratio` and the like compare within one run, so that they mean the same on any machine. */
export interface Figure {
  readonly name: string
  readonly value: number
  readonly unit: string
  /** What must hold; the run fails otherwise. */
  readonly limit?: { readonly most: number } | { readonly least: number }
  /** What we aim at. */
  readonly goal?: number
  /** How it came about. */
  readonly detail?: string
}

export type Bench = () => Promise<readonly Figure[]>

export function holds({ value, limit }: Figure): boolean {
  if (!limit) return true
  return 'most' in limit ? value <= limit.most : value >= limit.least
}

export function inWords(figure: Figure): string {
  const { name, value, unit, limit, goal, detail } = figure
  const rule = limit && ('most' in limit ? `at most ${limit.most}` : `at least ${limit.least}`)
  const bounds = [rule, goal === undefined ? undefined : `goal ${goal}`].filter(Boolean).join(', ')
  return [
    `${holds(figure) ? ' ' : '✗'} ${name}: ${value.toFixed(2)} ${unit}`,
    bounds && ` (${bounds})`,
    detail && `\n    ${detail}`,
  ]
    .filter(Boolean)
    .join('')
}
