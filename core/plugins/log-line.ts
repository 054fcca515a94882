import { z } from 'zod'
import { parseJson } from '../http/body.ts'
import type { Log } from '../log.ts'

/** As Core itself and plugins made with the kit write to their log. */
const entry = z.looseObject({ level: z.enum(['debug', 'info', 'warn', 'error']), msg: z.string() })

/** Puts what a plugin wrote into the log of Core: an entry of a log with its own level and fields, anything else as text. */
export function logLine(log: Log, line: string): void {
  const { success, data } = entry.safeParse(parsed(line))
  if (!success) return log.info(line)
  const { level, msg, time: _time, plugin: _plugin, ...fields } = data
  log[level](fields, msg)
}

function parsed(line: string): unknown {
  try {
    return parseJson(line)
  } catch {
    return line
  }
}
