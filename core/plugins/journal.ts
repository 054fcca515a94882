import type { PluginLine } from '#contract'
import type { Log } from '../log.ts'
import { readLine } from './log-line.ts'

/** So many lines of each plugin are kept. */
const MAX_LINES = 300

/** What plugins wrote, and what happened to them: in Core's log with the plugin's name, and the latest of it for the page. */
export interface Journal {
  say(
    pluginId: string,
    level: PluginLine['level'],
    text: string,
    fields?: Readonly<Record<string, unknown>>,
  ): void
  /** A line that it wrote. */
  hear(pluginId: string, line: string): void
  /** Oldest first. */
  of(pluginId: string): readonly PluginLine[]
}

export function createJournal({ log, now }: { log: Log; now: () => Date }): Journal {
  const kept = new Map<string, PluginLine[]>()
  const linesOf = (pluginId: string): PluginLine[] => {
    const lines = kept.get(pluginId) ?? []
    kept.set(pluginId, lines)
    return lines
  }

  function say(
    pluginId: string,
    level: PluginLine['level'],
    text: string,
    fields: Readonly<Record<string, unknown>> = {},
  ): void {
    log[level]({ plugin: pluginId, ...fields }, text)
    const details = Object.keys(fields).length > 0 ? ` ${JSON.stringify(fields)}` : ''
    const lines = linesOf(pluginId)
    lines.push({ at: now().toISOString(), level, text: text + details })
    if (lines.length > MAX_LINES) lines.shift()
  }

  return {
    say,
    hear(pluginId, line) {
      const { level, text, fields } = readLine(line)
      say(pluginId, level, text, fields)
    },
    of: (pluginId) => kept.get(pluginId) ?? [],
  }
}
