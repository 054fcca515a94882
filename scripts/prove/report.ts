export interface ProveOptions {
  readonly times: number
  /** Decides every random moment, so that a run can be repeated. */
  readonly seed: number
}

/** What a proof found: figures for people, and every broken promise. */
export interface Report {
  readonly figures: Readonly<Record<string, number | string>>
  readonly failures: readonly string[]
}

/** `p50 12 ms, most 40 ms` */
export function spread(milliseconds: readonly number[]): string {
  const sorted = milliseconds.toSorted((a, b) => a - b)
  const at = (part: number) => Math.round(sorted[Math.floor((sorted.length - 1) * part)] ?? 0)
  return `p50 ${at(0.5)} ms, most ${at(1)} ms`
}
