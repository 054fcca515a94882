import type { AuditEntry, PluginEntry, PluginLine } from '#contract'
import { type ReadonlySignal, signal } from '@preact/signals'
import { type Api, RequestFailed } from './api.ts'

/** What can be done with a plugin by hand. */
export type PluginAction = 'enable' | 'disable' | 'restart'

/** What is looked at of one plugin: what it wrote, or what it did in Core. */
export interface PluginRecord {
  readonly id: string
  readonly kind: 'log' | 'deeds'
  readonly lines: readonly PluginLine[]
  readonly deeds: readonly AuditEntry[]
}

/** The plugins of this Core, as the owner sees them. */
export interface Plugins {
  /** Undefined until Core has told. */
  readonly entries: ReadonlySignal<readonly PluginEntry[] | undefined>
  /** Why the last request went wrong; empty when it did not. */
  readonly problem: ReadonlySignal<string>
  /** Of at most one of them. */
  readonly record: ReadonlySignal<PluginRecord | undefined>
  refresh(): Promise<void>
  act(id: string, action: PluginAction): Promise<void>
  /** Looks at it, or away when it is looked at already. */
  look(id: string, kind: PluginRecord['kind']): Promise<void>
}

export function createPlugins(
  api: Pick<Api, 'plugins' | 'pluginLines' | 'pluginDeeds' | 'actOnPlugin'>,
  onRequestFailed: (error: RequestFailed) => void,
): Plugins {
  const entries = signal<readonly PluginEntry[] | undefined>(undefined)
  const problem = signal('')
  const record = signal<PluginRecord | undefined>(undefined)

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

  async function load(): Promise<void> {
    entries.value = await api.plugins()
    const asked = record.value
    if (!asked) return
    const isLog = asked.kind === 'log'
    const fresh = isLog
      ? { lines: await api.pluginLines(asked.id) }
      : { deeds: await api.pluginDeeds(asked.id) }
    const isAskedStill = record.value?.id === asked.id && record.value.kind === asked.kind
    if (isAskedStill) record.value = { ...asked, ...fresh }
  }

  return {
    entries,
    problem,
    record,
    refresh: () => trying(load),
    act: (id, action) =>
      trying(async () => {
        const changed = await api.actOnPlugin(id, action)
        entries.value = entries.value?.map((entry) => (entry.plugin_id === id ? changed : entry))
      }),
    async look(id, kind) {
      const isOpen = record.value?.id === id && record.value.kind === kind
      record.value = isOpen ? undefined : { id, kind, lines: [], deeds: [] }
      await trying(load)
    },
  }
}
