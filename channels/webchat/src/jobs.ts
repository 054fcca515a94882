import type { JobEntry, NudgeRules } from '#contract'
import { type ReadonlySignal, signal } from '@preact/signals'
import { type Api, RequestFailed } from './api.ts'

/** What somebody has planned, and who may write to them first. */
export interface Jobs {
  /** Those of one person; undefined until Core has told. */
  readonly entries: ReadonlySignal<readonly JobEntry[] | undefined>
  /** By companion. */
  readonly nudges: ReadonlySignal<Readonly<Record<string, NudgeRules>>>
  /** Why the last request went wrong; empty when it did not. */
  readonly problem: ReadonlySignal<string>
  look(user: string, companions: readonly string[]): Promise<void>
  pause(job: JobEntry, paused: boolean): Promise<void>
  remove(job: JobEntry): Promise<void>
  allow(user: string, companion: string, allowed: boolean): Promise<void>
}

export function createJobs(
  api: Pick<Api, 'jobs' | 'changeJob' | 'deleteJob' | 'nudges' | 'changeNudges'>,
  onRequestFailed: (error: RequestFailed) => void,
): Jobs {
  const entries = signal<readonly JobEntry[] | undefined>(undefined)
  const nudges = signal<Readonly<Record<string, NudgeRules>>>({})
  const problem = signal('')
  let whose = ''

  async function trying(work: () => Promise<void>): Promise<void> {
    try {
      await work()
      problem.value = ''
    } catch (error) {
      if (!(error instanceof RequestFailed)) throw error
      onRequestFailed(error)
      problem.value = error.message
    }
  }

  return {
    entries,
    nudges,
    problem,
    look: (user, companions) =>
      trying(async () => {
        if (user !== whose) entries.value = undefined
        whose = user
        const found = await api.jobs(user)
        const rules = await Promise.all(
          companions.map(async (id) => [id, await api.nudges(user, id)] as const),
        )
        if (user !== whose) return
        entries.value = found
        nudges.value = Object.fromEntries(rules)
      }),
    pause: ({ id }, paused) =>
      trying(async () => {
        const changed = await api.changeJob(id, { paused })
        entries.value = entries.value?.map((entry) => (entry.id === id ? changed : entry))
      }),
    remove: ({ id }) =>
      trying(async () => {
        await api.deleteJob(id)
        entries.value = entries.value?.filter((entry) => entry.id !== id)
      }),
    allow: (user, companion, allowed) =>
      trying(async () => {
        const changed = await api.changeNudges(user, companion, { allowed })
        nudges.value = { ...nudges.value, [companion]: changed }
      }),
  }
}
