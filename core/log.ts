import { pino, type Logger } from 'pino'

export type Log = Logger

/**
 * One JSON object a line on stderr; stdout is for people. Words that people wrote never go into it: ids, codes and durations do.
 * `level` is pino's (`info`, `debug`, `silent` …).
 */
export function createLog(level: string): Log {
  const options = {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
  }
  return pino(options, pino.destination({ fd: 2, sync: true }))
}
