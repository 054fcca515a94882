import { z } from 'zod'
import type { PluginLine } from '#contract'
import { parseJson } from '../http/body.ts'

/** As Core itself and plugins made with the kit write to their log. */
const entry = z.looseObject({ level: z.enum(['debug', 'info', 'warn', 'error']), msg: z.string() })

/** One line that a plugin wrote: an entry of a log has its own level and fields, anything else is text. */
export function readLine(line: string): {
  level: PluginLine['level']
  text: string
  fields: Record<string, unknown>
} {
  const { success, data } = entry.safeParse(parsed(line))
  if (!success) return { level: 'info', text: line, fields: {} }
  const { level, msg, time: _time, plugin: _plugin, ...fields } = data
  return { level, text: msg, fields }
}

function parsed(line: string): unknown {
  try {
    return parseJson(line)
  } catch {
    return line
  }
}
