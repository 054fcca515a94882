import type { JobEntry, JobRun, NewJob } from '#contract'
import type { LanguageCode } from '../model/builtin-phrases.ts'

/** What a job of the kind `plugin` calls. */
export interface PluginCall {
  readonly plugin_id: string
  readonly capability_id: string
  readonly parameters: Readonly<Record<string, unknown>>
}

/** A job as it is stored. All times are ms since 1970. */
export interface Job {
  readonly id: string
  readonly user_id: string
  readonly kind: NewJob['kind']
  readonly text: string
  /** Once, or `cron`. */
  readonly at: number | null
  readonly cron: string | null
  readonly timezone: string
  readonly channel_key: string | null
  /** The channel it was made on: as what a turn of it comes in. */
  readonly channel: string
  readonly missed: NewJob['missed']
  readonly call: PluginCall | null
  /** In which it was asked for. */
  readonly language: LanguageCode
  /** The plugin that made it; null: a person did. */
  readonly made_by: string | null
  readonly paused: boolean
  /** When it is due; null when it is paused or over. */
  readonly next_at: number | null
  readonly created_at: number
}

/** One time a job was due. `slot` is that moment; there is one run at most for each. */
export interface Run {
  readonly job: string
  readonly slot: number
  readonly status: JobRun['status']
  readonly late: boolean
  /** The number of the try that runs, or that ended it. */
  readonly tries: number
  readonly started_at: number
  readonly ended_at: number | null
  readonly detail: string | null
  readonly delivery_id: string | null
}

export const iso = (at: number): string => new Date(at).toISOString()

const stateOf = ({ paused, next_at }: Job): JobEntry['state'] =>
  paused ? 'paused' : next_at === null ? 'done' : 'active'

/** As the wire has it. */
export function toEntry(job: Job, lastRun: Run | undefined): JobEntry {
  const { id, user_id, kind, text, at, cron, timezone, channel_key, missed, call, made_by, next_at } = job
  return {
    id,
    user_id,
    kind,
    text,
    timezone,
    missed,
    state: stateOf(job),
    created_at: iso(job.created_at),
    ...(at !== null && { at: iso(at) }),
    ...(cron !== null && { cron }),
    ...(channel_key !== null && { channel_key }),
    ...call,
    ...(made_by !== null && { made_by }),
    ...(next_at !== null && { next_run: iso(next_at) }),
    ...(lastRun && { last_run: toRun(lastRun) }),
  }
}

export const toRun = ({ slot, status, late, started_at, ended_at, detail, delivery_id }: Run): JobRun => ({
  slot: iso(slot),
  status,
  ...(late && { late: true }),
  started_at: iso(started_at),
  ...(ended_at !== null && { ended_at: iso(ended_at) }),
  ...(detail !== null && { detail }),
  ...(delivery_id !== null && { delivery_id }),
})
