import { z } from 'zod'
import { COMPANION_USER, MAX_ID } from './message.ts'

/** Longest text of one job, in UTF-16 units. */
export const MAX_JOB_TEXT = 4_000

/** `message`: the text, word for word. `turn`: the text goes to the assistant, as if the person wrote it then. `plugin`: a capability runs. */
export const jobKind = z.enum(['message', 'turn', 'plugin'])
const missed = z.enum(['run', 'skip'])
const text = z.string().trim().min(1).max(MAX_JOB_TEXT)
const time = z.string().trim().min(1).max(MAX_ID)

const at = time.describe(
  'Once, at this time: ISO 8601. Without an offset it is a time of `timezone` (`2026-11-21T08:00`).',
)
const cron = time.describe('Again and again: five fields, minute hour day month weekday (`0 8 * * MON-FRI`).')
const timezone = time.describe(
  'IANA name (`Europe/Berlin`). Without it that of the person in user.yml, else of core.yml, else of the machine.',
)
const channelKey = z
  .string()
  .trim()
  .min(1)
  .max(3 * MAX_ID)
  .describe(
    'Where to deliver: `channel:<name>`, `<app_id>:<user_id>:<session_id>` or `companion`. Without it, wherever the person was last. It never leads to somebody else.',
  )
const call = {
  plugin_id: z.string().trim().min(1).max(MAX_ID).optional().describe('Of the kind `plugin`: which one.'),
  capability_id: z
    .string()
    .trim()
    .min(1)
    .max(MAX_ID)
    .optional()
    .describe('Of the kind `plugin`: what it does.'),
  parameters: z
    .record(z.string(), z.unknown())
    .optional()
    .describe('Of the kind `plugin`: the parameters of the capability.'),
}

/** The body of `POST /api/jobs`. Either `at` or `cron`. */
export const newJob = z.strictObject({
  user_id: z.string().trim().min(1).max(MAX_ID).default(COMPANION_USER).describe('Whose job it is.'),
  kind: jobKind,
  text: text.describe('What is said, asked of the assistant, or told to the plugin.'),
  at: at.optional(),
  cron: cron.optional(),
  timezone: timezone.optional(),
  channel_key: channelKey.optional(),
  missed: missed
    .default('run')
    .describe('A time that passed while Core did not run: `run` once, marked as late, or `skip`.'),
  ...call,
})
export type NewJob = z.infer<typeof newJob>

/** The body of `PATCH /api/jobs/{id}`: what is left out stays as it is. */
export const jobChanges = z.strictObject({
  text: text.optional(),
  at: at.optional(),
  cron: cron.optional(),
  timezone: timezone.optional(),
  channel_key: channelKey.optional(),
  missed: missed.optional(),
  paused: z
    .boolean()
    .optional()
    .describe('A paused job does not run, and what it misses is not made up for.'),
})
export type JobChanges = z.infer<typeof jobChanges>

/** One time that a job was due. */
export const jobRun = z.object({
  slot: z.string().describe('When it was due. A job runs once at most for each.'),
  status: z.enum(['running', 'done', 'failed', 'skipped']),
  late: z.literal(true).optional().describe('It ran more than a minute after it was due.'),
  started_at: z.string(),
  ended_at: z.string().optional(),
  detail: z.string().optional().describe('Why it failed or was skipped; how often it was tried.'),
  delivery_id: z.string().optional().describe('The message that it led to.'),
})
export type JobRun = z.infer<typeof jobRun>

/** One job as `/api/jobs` shows it. */
export const jobEntry = z.object({
  id: z.string(),
  user_id: z.string(),
  kind: jobKind,
  text: z.string(),
  at: z.string().optional(),
  cron: z.string().optional(),
  timezone: z.string(),
  channel_key: z.string().optional(),
  missed,
  ...call,
  made_by: z.string().optional().describe('The plugin that made it; without it, a person did.'),
  state: z.enum(['active', 'paused', 'done']),
  next_run: z.string().optional().describe('Only of an active job.'),
  last_run: jobRun.optional(),
  created_at: z.string(),
})
export type JobEntry = z.infer<typeof jobEntry>

export const jobsResponse = z.object({ jobs: z.array(jobEntry) })
export const jobRunsResponse = z.object({ runs: z.array(jobRun) })

/** The body of `POST /api/plugins/schedule`: Core calls a capability of the plugin that asks, for one person. */
export const pluginSchedule = newJob
  .pick({ user_id: true, at: true, cron: true, timezone: true, missed: true, parameters: true })
  .extend({
    capability_id: z.string().trim().min(1).max(MAX_ID),
    text: text.default('-').describe('What the person reads about it in the list of their jobs.'),
    key: z
      .string()
      .trim()
      .min(1)
      .max(MAX_ID)
      .optional()
      .describe("The plugin's own name of it: a job of this person with the same key is replaced."),
    plugin_id: call.plugin_id.describe('Only the owner names one.'),
  })
export type PluginSchedule = z.infer<typeof pluginSchedule>

/** The body of `POST /api/plugins/unschedule`. */
export const pluginUnschedule = pluginSchedule.pick({ user_id: true, plugin_id: true }).extend({
  key: z.string().trim().min(1).max(MAX_ID),
})

export const pluginScheduleResponse = z.object({ id: z.string(), next_run: z.string().optional() })
export const pluginUnscheduleResponse = z.object({ removed: z.boolean() })
