import { Broken } from './ask.ts'
import { Advice, type Check, Skipped } from './check.ts'
import { contractChecks } from './checks-contract.ts'
import { lifeChecks } from './checks-life.ts'
import type { CheckResult, Report } from './report.ts'
import { startSubject, type Subject, subjectAt } from './subject.ts'

export { inWords, type Report } from './report.ts'

/** A folder with a plugin.yml, or the address of a plugin that runs, with the token that Core gave it. */
export type Target =
  | { readonly folder: string }
  | { readonly url: string; readonly token?: string; readonly capability?: string }

/**
 * The conformance kit: whether a plugin, in whatever language, keeps the contract. Of a folder the plugin is started
 * as Core starts it, with a Core of its own, and ended. It writes no word of its own.
 * @throws Error when the plugin does not start, Problem `config_invalid` for a faulty plugin.yml
 */
export async function testPlugin(target: Target): Promise<Report> {
  const subject = 'folder' in target ? await startSubject(target.folder) : subjectAt(target.url, target)
  try {
    const checks: CheckResult[] = []
    for (const check of [...contractChecks, ...lifeChecks]) {
      const why = whyNot(subject, checks)
      checks.push(
        why
          ? { id: check.id, title: check.title, outcome: 'skipped', detail: why, ms: 0 }
          : await resultOf(check, subject),
      )
    }
    const { id, name, run } = subject
    return {
      plugin: { id, name, url: run },
      held: checks.every(({ outcome }) => outcome !== 'failed'),
      checks,
    }
  } finally {
    await subject.close()
  }
}

/** A plugin that has ended, or answers no run at all, has nothing more to show. */
function whyNot({ started }: Subject, checks: readonly CheckResult[]): string | undefined {
  if (started && !started.child.running) return 'it is not running any more'
  const isMute = checks.some(({ id, outcome }) => id === 'schema' && outcome === 'failed')
  return isMute ? 'it answers no run' : undefined
}

async function resultOf({ id, title, run }: Check, subject: Subject): Promise<CheckResult> {
  const begun = performance.now()
  const result = (outcome: CheckResult['outcome'], detail?: string): CheckResult => ({
    id,
    title,
    outcome,
    ...(detail && { detail }),
    ms: Math.round(performance.now() - begun),
  })
  try {
    await run(subject)
    return result('passed')
  } catch (error) {
    if (error instanceof Broken) return result('failed', error.message)
    if (error instanceof Advice) return result('advice', error.message)
    if (error instanceof Skipped) return result('skipped', error.message)
    throw error
  }
}
