import { pino, type Logger } from 'pino'

export type Log = Logger

/**
 * One JSON object a line on stdout. Words that people wrote never go into it: ids, codes and durations do.
 * `level` is pino's (`info`, `debug`, `silent` …).
 */
export function createLog(level: string): Log {
  return pino({
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
  })
}
