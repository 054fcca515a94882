import { pino, type Logger } from 'pino'

export type Log = Logger

/** One JSON object a line on stdout. Ids, codes and durations go into it, words of people never. */
export function createLog(pluginId: string, level = 'info'): Log {
  return pino({
    level,
    base: { plugin: pluginId },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
  })
}
