import { pino, type Logger } from 'pino'

export type Log = Logger

/**
 * One JSON object a line on stdout. Ids, codes and durations go into it, words of people never. Written at once: what
 * waits to be written keeps a process from ending when nobody reads it any more.
 */
export function createLog(pluginId: string, level = 'info'): Log {
  const options = {
    level,
    base: { plugin: pluginId },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
  }
  return pino(options, pino.destination({ fd: 1, sync: true }))
}
