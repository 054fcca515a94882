import type { Problem } from '../errors.ts'
import { ModelError } from '../model/model.ts'
import type { Job, Run } from './job.ts'

const MINUTE = 60_000
/** What failed is tried for so long from its begin, in ms. */
const WINDOW = 60 * MINUTE
/** Between one try and the next, in ms; the last one holds for all further ones. */
export const PAUSES: readonly number[] = [0.5, 1, 2, 5, 10, 15, 20].map((minutes) => minutes * MINUTE)

/** Why a task could not be carried out, in words, and whether that may pass by itself. */
export interface Fault {
  readonly detail: string
  readonly passes: boolean
}

/** Nobody said no: the language model or the plugin was not there, or had too much to do. */
export function faultOf(error: Problem): Fault {
  const { code, message, cause } = error
  if (!(cause instanceof ModelError))
    return { detail: message, passes: code === 'model_failed' || code === 'plugin_offline' }
  const passes = cause.fault !== 'auth' && cause.fault !== 'too_long'
  return { detail: `The language model did not answer: ${cause.message}`, passes }
}

/**
 * How long to wait before a run is tried again, in ms. Undefined: no more, after an hour, or when the next time of the
 * job comes before that.
 */
export function pauseAfter(
  { tries, started_at }: Run,
  { next_at }: Pick<Job, 'next_at'>,
  { now, pauses }: { now: number; pauses: readonly number[] },
): number | undefined {
  const pause = pauses[Math.min(tries, pauses.length) - 1] ?? 0
  const until = Math.min(started_at + WINDOW, next_at ?? Infinity)
  return now + pause < until ? pause : undefined
}

/** What the history of a run says of its tries. */
export const withTries = (detail: string, tries: number): string =>
  tries > 1 ? `${detail} (tried ${tries} times)` : detail
