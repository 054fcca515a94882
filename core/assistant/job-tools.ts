import { z } from 'zod'
import type { JobEntry } from '#contract'
import { channelKeyOf } from '../delivery/delivery.ts'
import { Problem } from '../errors.ts'
import { contentWords, coverage } from '../model/words.ts'
import type { Jobs } from '../schedule/jobs.ts'
import { momentInWords } from '../schedule/reason.ts'
import type { Question } from './assistant.ts'
import { oneLine } from './prompt.ts'
import { BadCall, describeTools, type Toolbox } from './toolbox.ts'

/** How much of what is to be cancelled a job must speak of. */
const ENOUGH = 0.5
const MAX_LISTED = 30

const text = z.string().trim().min(1).max(2_000)
const when = text.describe(
  'Local time, 2026-11-21T08:00, or in words: "tomorrow at 8", "in 20 minutes", "every Monday at 9". Ask when it was not said.',
)
const jobTools = describeTools({
  remind_me: {
    description:
      'Send the person a text, word for word, at a later time. Tell them the time that comes back.',
    input: z.object({ text: text.describe('What they will read, without the time'), when }),
  },
  schedule: {
    description:
      'Do something yourself at a later time, once or again and again, and send the person the result.',
    input: z.object({ task: text.describe('What you will be asked to do then, in full'), when }),
  },
  list_jobs: {
    description: "The person's reminders and scheduled tasks, with their next time.",
    input: z.object({}),
  },
  cancel_job: {
    description: 'Delete one reminder or task. Only when the person asks for it.',
    input: z.object({ which: text.describe('Its id, or what it is about in its own words') }),
  },
})

/** What System can do later, for whoever asks. What they ask for on one channel comes back there. */
export function createJobTools({
  jobs,
  question,
  timeZone,
  now,
}: {
  jobs: Jobs
  question: Question
  timeZone: string
  now: () => Date
}): Toolbox {
  const user_id = question.person.id

  async function add(kind: 'message' | 'turn', about: string, time: string): Promise<JobEntry> {
    const { findTime } = await import('../schedule/words.ts')
    const found = findTime(time, { now: now().getTime(), timeZone })
    if (!found) throw new BadCall(`when: no time was found in "${time}". Ask the person when`)
    const planned =
      'cron' in found.when ? { cron: found.when.cron } : { at: new Date(found.when.at).toISOString() }
    const channel = question.channel_name
    const channel_key = channelKeyOf(user_id, channel)
    return orBadCall(
      jobs.add({
        user_id,
        kind,
        text: about,
        ...planned,
        timezone: timeZone,
        missed: 'run',
        channel,
        channel_key,
        asked: question.text,
      }),
    )
  }

  const open = (): JobEntry[] => jobs.list(user_id).filter(({ state }) => state !== 'done')

  return jobTools.bind({
    remind_me: async ({ text: about, when: time }) => ({ set: shown(await add('message', about, time)) }),
    schedule: async ({ task, when: time }) => ({ set: shown(await add('turn', task, time)) }),
    list_jobs: async () => ({ jobs: open().slice(0, MAX_LISTED).map(shown) }),
    async cancel_job({ which }) {
      const job = chosen(open(), which)
      if (!job) return { cancelled: [], nearest: open().slice(0, MAX_LISTED).map(shown) }
      await jobs.remove(job.id)
      return { cancelled: [shown(job)] }
    },
  })
}

function shown({ id, text: about, kind, next_run, timezone, cron, state }: JobEntry) {
  return {
    id,
    kind: kind === 'message' ? 'reminder' : 'task',
    text: oneLine(about),
    ...(next_run && { next: momentInWords(Date.parse(next_run), timezone), next_run, timezone }),
    ...(cron && { repeats: cron }),
    ...(state === 'paused' && { state }),
  }
}

/** By its id, else the one that fits the words best, and better than any other; the only one when no word says which. */
function chosen(jobs: readonly JobEntry[], which: string): JobEntry | undefined {
  const named = jobs.find(({ id }) => id === which)
  const wanted = contentWords(which).filter((word) => !GENERAL.has(word))
  if (named) return named
  if (wanted.length === 0) return jobs.length === 1 ? jobs[0] : undefined
  const [best, second] = jobs
    .map((job) => ({ job, covered: coverage(wanted, job.text) }))
    .filter(({ covered }) => covered >= ENOUGH)
    .sort((one, other) => other.covered - one.covered)
  return best && best.covered > (second?.covered ?? 0) ? best.job : undefined
}

const GENERAL: ReadonlySet<string> = new Set([
  'reminder',
  'reminders',
  'task',
  'job',
  'alarm',
  'cancel',
  'one',
])

async function orBadCall<T>(result: Promise<T>): Promise<T> {
  try {
    return await result
  } catch (error) {
    if (error instanceof Problem && error.code === 'job_invalid') throw new BadCall(error.message)
    throw error
  }
}
