import type { PluginEntry, PluginLine } from '#contract'
import { type ReadonlySignal, signal } from '@preact/signals'
import { type Api, RequestFailed } from './api.ts'

/** What can be done with a plugin by hand. */
export type PluginAction = 'enable' | 'disable' | 'restart'

/** The plugins of this Core, as the owner sees them. */
export interface Plugins {
  /** Undefined until Core has told. */
  readonly entries: ReadonlySignal<readonly PluginEntry[] | undefined>
  /** Why the last request went wrong; empty when it did not. */
  readonly problem: ReadonlySignal<string>
  /** What one of them wrote lately, and which one that is. */
  readonly log: ReadonlySignal<{ id: string; lines: readonly PluginLine[] } | undefined>
  refresh(): Promise<void>
  act(id: string, action: PluginAction): Promise<void>
  /** Shows what it wrote; undefined: of none. */
  read(id: string | undefined): Promise<void>
}

export function createPlugins(
  api: Pick<Api, 'plugins' | 'pluginLines' | 'actOnPlugin'>,
  onRequestFailed: (error: RequestFailed) => void,
): Plugins {
  const entries = signal<readonly PluginEntry[] | undefined>(undefined)
  const problem = signal('')
  const log = signal<{ id: string; lines: readonly PluginLine[] } | undefined>(undefined)

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

  async function look(): Promise<void> {
    entries.value = await api.plugins()
    const id = log.value?.id
    if (id === undefined) return
    const lines = await api.pluginLines(id)
    if (log.value?.id === id) log.value = { id, lines }
  }

  return {
    entries,
    problem,
    log,
    refresh: () => trying(look),
    act: (id, action) =>
      trying(async () => {
        const changed = await api.actOnPlugin(id, action)
        entries.value = entries.value?.map((entry) => (entry.plugin_id === id ? changed : entry))
      }),
    async read(id) {
      log.value = id === undefined ? undefined : { id, lines: [] }
      await trying(look)
    },
  }
}
