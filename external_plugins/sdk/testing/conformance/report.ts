/** `advice`: the contract allows it, and it would be better otherwise. */
export type Outcome = 'passed' | 'failed' | 'advice' | 'skipped'

export interface CheckResult {
  readonly id: string
  /** What was looked at, as a promise of the plugin. */
  readonly title: string
  readonly outcome: Outcome
  /** What was found, when it is not what it should be. */
  readonly detail?: string
  readonly ms: number
}

/** What the conformance kit found out about one plugin. */
export interface Report {
  readonly plugin: { readonly id: string; readonly name: string; readonly url: string }
  /** Nothing failed. */
  readonly held: boolean
  readonly checks: readonly CheckResult[]
}

const MARKS = { passed: '✓', failed: '✗', advice: '!', skipped: '–' } as const satisfies Record<
  Outcome,
  string
>

/** The report for people. */
export function inWords({ plugin, checks }: Report): string {
  const lines = checks.map(
    ({ outcome, title, detail }) => `  ${MARKS[outcome]} ${title}${detail ? `\n      ${detail}` : ''}`,
  )
  const counts = Map.groupBy(checks, ({ outcome }) => outcome)
  const summary = (['passed', 'failed', 'advice', 'skipped'] as const)
    .map((outcome) => [outcome, counts.get(outcome)?.length ?? 0] as const)
    .filter(([outcome, count]) => count > 0 || outcome === 'failed')
    .map(([outcome, count]) => `${count} ${outcome}`)
  return [`${plugin.name} (${plugin.id}) at ${plugin.url}`, ...lines, summary.join(', ')].join('\n')
}
