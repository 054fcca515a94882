import type { JobEntry } from '#contract'
import { type ReadonlySignal, signal } from '@preact/signals'
import { type Api, RequestFailed } from './api.ts'

/** What somebody has planned. */
export interface Jobs {
  /** Those of one person; undefined until Core has told. */
  readonly entries: ReadonlySignal<readonly JobEntry[] | undefined>
  /** Why the last request went wrong; empty when it did not. */
  readonly problem: ReadonlySignal<string>
  look(user: string): Promise<void>
  pause(job: JobEntry, paused: boolean): Promise<void>
  remove(job: JobEntry): Promise<void>
}

export function createJobs(
  api: Pick<Api, 'jobs' | 'changeJob' | 'deleteJob'>,
  onRequestFailed: (error: RequestFailed) => void,
): Jobs {
  const entries = signal<readonly JobEntry[] | undefined>(undefined)
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
    problem,
    look: (user) =>
      trying(async () => {
        if (user !== whose) entries.value = undefined
        whose = user
        const found = await api.jobs(user)
        if (user === whose) entries.value = found
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
  }
}
