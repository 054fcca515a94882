import { momentInWords } from '../schedule/reason.ts'
import type { TimeLanguage } from '../schedule/words.ts'
import type { Intent } from './builtin-intents.ts'
import type { Say } from './builtin-phrases.ts'
import type { Answer, ReadPrompt, ShownJob, ToolResult } from './builtin-prompt.ts'
import { aboutWhat, reminderWish } from './builtin-reminders.ts'

/**
 * What to do about a wish with reminders; undefined when the message is about something else, or there are no tools for it.
 * A time that answers "When shall I remind you?" belongs to the wish before it.
 */
export async function planReminder(
  intent: Intent,
  prompt: ReadPrompt,
  say: Say,
): Promise<Answer | undefined> {
  if (!prompt.tools.has('remind_me')) return undefined
  if (intent.kind === 'reminders') return { call: { tool: 'list_jobs', args: {} } }
  if (intent.kind === 'cancel') return { call: { tool: 'cancel_job', args: { which: intent.what || '-' } } }
  if (intent.kind === 'reminder')
    return (await reminderOf(prompt.text, prompt, say)) ?? { text: say('reminderWhen') }
  const before = prompt.said.at(-1)?.text ?? ''
  if (reminderWish(before)?.kind !== 'reminder' || (await reminderOf(before, prompt, say))) return undefined
  const time = await timeIn(prompt.text, prompt)
  if (!time) return undefined
  return reminder(aboutWhat(before, { pieces: [] }), time, say)
}

async function reminderOf(text: string, prompt: ReadPrompt, say: Say): Promise<Answer | undefined> {
  const wish = reminderWish(text)
  const time = await timeIn(text, prompt, wish?.kind === 'reminder' ? wish.language : undefined)
  return time && reminder(aboutWhat(text, time), time, say)
}

const reminder = (text: string, { pieces }: { pieces: readonly { text: string }[] }, say: Say): Answer => ({
  call: {
    tool: 'remind_me',
    args: { text: text || say('reminderText'), when: pieces.map((piece) => piece.text).join(' ') },
  },
})

/** Which words say it is all that counts here: the tool reads them by the clock. */
async function timeIn(text: string, { now = '' }: ReadPrompt, language?: TimeLanguage) {
  const { findTime } = await import('../schedule/words.ts')
  const [, day, time] = /(\d{1,2} [A-Z][a-z]+ \d{4}),? (\d{2}:\d{2})/.exec(now) ?? []
  const at = Date.parse(`${day} ${time} UTC`)
  return findTime(text, { now: Number.isNaN(at) ? 0 : at, timeZone: 'UTC', language })
}

/** What a tool for jobs said, in words; undefined when it was another tool. */
export function jobsText(
  { error, set, jobs, cancelled }: ToolResult,
  prompt: ReadPrompt,
  say: Say,
): string | undefined {
  const at = (job: ShownJob): string => whenOf(job, prompt)
  if (error?.includes('has passed')) return say('reminderPast')
  if (set) return say(set.repeats ? 'reminderRepeats' : 'reminderSet', { at: at(set), text: set.text })
  if (cancelled)
    return cancelled[0] ? say('reminderGone', { text: cancelled[0].text }) : say('reminderUnknown')
  if (!jobs) return undefined
  if (jobs.length === 0) return say('remindersNone')
  return [say('remindersKnown'), ...jobs.map((job) => `- ${at(job)}: ${job.text}`)].join('\n')
}

function whenOf({ next_run, timezone }: ShownJob, { language }: ReadPrompt): string {
  if (next_run === undefined || timezone === undefined) return '—'
  return momentInWords(Date.parse(next_run), timezone, language === 'en' ? 'en-GB' : language)
}
