import type { PendingCall } from './pending.ts'
import { oneLine } from './prompt.ts'
import { nearest, type Skill } from './skills.ts'

/** Most lines about what is offline. */
const MAX_OFFLINE = 8

/** What the system prompt says of the plugins; builtin reads it, too. Empty when there is nothing to say. */
export const pluginSections = (
  skills: readonly Skill[],
  said: string,
  waiting: PendingCall | undefined,
): string => [...offlineSection(skills, said), ...waitingSection(waiting)].join('\n')

/** Of much that is not there, what the message may be about. */
function offlineSection(skills: readonly Skill[], said: string): string[] {
  const down = skills.filter(({ up }) => !up)
  if (down.length === 0) return []
  return [
    '## Offline',
    'These are not running. When one of them is needed, say "<name> is offline now."',
    ...nearest(down, said, MAX_OFFLINE).map(
      ({ plugin_name, tool }) => `- ${oneLine(plugin_name)}: ${oneLine(tool.function.description)}`,
    ),
  ]
}

function waitingSection(call: PendingCall | undefined): string[] {
  if (!call) return []
  return [
    '## Unfinished',
    'You asked the person for what this tool still needs. When the message gives it, call the tool with all of it; else leave it.',
    `- tool: ${call.tool}`,
    `- given: ${JSON.stringify(call.given)}`,
    ...call.missing.map(({ name, description }) => `- missing: ${name}${description && ` (${description})`}`),
  ]
}
