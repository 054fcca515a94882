import { randomBytes } from 'node:crypto'
import type { JobChanges, JobEntry, JobRun, NewJob } from '#contract'
import type { Chats } from '../chats/chats.ts'
import type { Database } from '../database.ts'
import { problem } from '../errors.ts'
import { languageOfText } from '../model/language.ts'
import { type Job, type PluginCall, toEntry, toRun } from './job.ts'
import { type Plan, planOf } from './plan.ts'
import type { JobStore } from './store.ts'
import { nextSlot } from './cron.ts'

/** Most jobs of one person that are not over. */
const MAX_JOBS = 1_000

/** A job to be made, with what its maker cannot choose. */
export type WantedJob = Omit<NewJob, 'plugin_id' | 'capability_id' | 'parameters'> & {
  readonly call?: PluginCall | undefined
  readonly made_by?: string | undefined
  /** The plugin's own name of it: replaces the one of this person with the same key. What the person paused stays so. */
  readonly key?: string | undefined
  /** The channel that the person asked on. */
  readonly channel?: string | undefined
  /** The words that they asked with: why it comes is said in their language. */
  readonly asked?: string | undefined
}

/** Everybody's jobs. Durable when a promise resolves. Whose a job is stands in it; who may see it is the caller's matter. */
export interface Jobs {
  /** @throws Problem `job_invalid` */
  add(wanted: WantedJob): Promise<JobEntry>
  /** Those of one person, the next one first, those that are over last. */
  list(userId: string): JobEntry[]
  get(id: string): JobEntry | undefined
  /** @throws Problem `job_invalid`, `not_found` */
  change(id: string, changes: JobChanges): Promise<JobEntry>
  /** False when there is none. What it led to already is delivered all the same. */
  remove(id: string): Promise<boolean>
  removeKeyed(madeBy: string, userId: string, key: string): Promise<boolean>
  /** Newest first. */
  runs(id: string, limit: number): JobRun[]
}

export interface JobsParts {
  readonly database: Database
  readonly store: JobStore
  readonly chats: Pick<Chats, 'lastChannel'>
  readonly now: () => number
  /** Where a person is, as far as the configuration says. */
  readonly timeZoneOf: (userId: string) => string
  /** Called after what is due next may have changed. */
  readonly onChange: () => void
}

export function createJobs({ database, store, chats, now, timeZoneOf, onChange }: JobsParts): Jobs {
  const entryOf = (job: Job): JobEntry => toEntry(job, store.lastRun(job.id))

  async function write<T>(job: () => T): Promise<T> {
    const result = await database.write(job)
    onChange()
    return result
  }

  function insert(wanted: WantedJob, plan: Plan): JobEntry {
    const {
      user_id,
      kind,
      text,
      channel_key = null,
      missed,
      call = null,
      made_by = null,
      key = null,
      asked = '',
    } = wanted
    const language = languageOfText(asked) ?? languageOfText(text) ?? 'en'
    const known = made_by !== null && key !== null && store.keyed(made_by, user_id, key)
    if (known) store.remove(known.id)
    if (store.countOpen(user_id) >= MAX_JOBS)
      throw problem('job_invalid', `there are ${MAX_JOBS} jobs already. Delete some first`)
    store.forgetDone(user_id)
    const channel = wanted.channel ?? chats.lastChannel(user_id)?.channel ?? 'schedule'
    const job = {
      id: randomBytes(6).toString('hex'),
      user_id,
      kind,
      text,
      missed,
      call,
      made_by,
      channel,
      channel_key,
      language,
    }
    const row = { ...job, ...plan, created_at: now() }
    store.insert({ ...row, key })
    if (known && known.paused) store.setNext(job.id, null, true)
    return entryOf(store.get(job.id) ?? { ...row, paused: false })
  }

  function change(id: string, { paused, ...changes }: JobChanges): JobEntry {
    const job = store.get(id)
    if (!job) throw problem('not_found', `job "${id}"`)
    const { text = job.text, missed = job.missed, channel_key = job.channel_key } = changes
    const replans = changes.at !== undefined || changes.cron !== undefined || changes.timezone !== undefined
    const plan = replans
      ? planOf({ ...planned(job, changes), timezone: changes.timezone ?? job.timezone }, now())
      : job
    const { at, cron, timezone } = plan
    store.change(id, { at, cron, timezone, text, missed, channel_key })
    const willPause = paused ?? job.paused
    const resumes = job.paused && !willPause
    if (willPause) store.setNext(id, null, true)
    else if (replans) store.setNext(id, plan.next_at)
    else if (resumes) store.setNext(id, dueNext(job, now()))
    return entryOf(store.get(id) ?? job)
  }

  return {
    async add(wanted) {
      const plan = planOf({ ...wanted, timezone: wanted.timezone ?? timeZoneOf(wanted.user_id) }, now())
      return write(() => insert(wanted, plan))
    },
    list: (userId) => store.list(userId).map(entryOf),
    get(id) {
      const job = store.get(id)
      return job && entryOf(job)
    },
    change: (id, changes) => write(() => change(id, changes)),
    remove: (id) => write(() => store.remove(id)),
    removeKeyed: (madeBy, userId, key) =>
      write(() => {
        const job = store.keyed(madeBy, userId, key)
        return job !== undefined && store.remove(job.id)
      }),
    runs: (id, limit) => store.runs(id, limit).map(toRun),
  }
}

/** A new time takes the place of the old one, whichever kind each is. */
function planned(job: Job, { at, cron }: JobChanges): { at?: string; cron?: string } {
  if (at !== undefined || cron !== undefined)
    return { ...(at !== undefined && { at }), ...(cron !== undefined && { cron }) }
  return job.cron === null ? { at: new Date(job.at ?? 0).toISOString() } : { cron: job.cron }
}

/** What passed meanwhile is not made up for. */
function dueNext({ at, cron, timezone }: Pick<Plan, 'at' | 'cron' | 'timezone'>, now: number): number | null {
  if (cron !== null) return nextSlot(cron, timezone, now)
  return at !== null && at > now ? at : null
}
