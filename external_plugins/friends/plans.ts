import { type Core, CoreError, type Log } from '#plugin-sdk'
import type { Persona } from './persona.ts'
import { LABELS, type Occasion } from './occasions.ts'
import type { Settings } from './settings.ts'
import { isOf, keyOf, type ThreadId } from './threads.ts'

const DAY = 24 * 60 * 60 * 1000
/** The plan moves along with what a person says, but not with every word, in ms. */
const PLAN_AGAIN = 60 * 60 * 1000

/** When the Friend is to write first. The plans lie in Core, which calls the capability `nudge` at their times. */
export interface Plans {
  /** The person has written: the quiet days begin anew, behind the answer. */
  heard(thread: ThreadId, parts: { core: Core; log: Log }): void
  /** Plans what these settings say. @throws CoreError when Core does not let the plugin plan or is not there */
  follow(thread: ThreadId, persona: Persona, core: Core): Promise<void>
  /** Knows nothing of this person's plans any more; those in Core are Core's. */
  forget(userId: string): void
  /** Writes first at this moment, when nothing happens before. */
  idle(thread: ThreadId, persona: Persona, parts: { at: number; core: Core }): Promise<void>
}

/** @param now ms since 1970 */
export function createPlans({ settings, now }: { settings: Settings; now: () => number }): Plans {
  const planned = new Map<string, { at: number; days: number }>()

  async function again(thread: ThreadId, core: Core): Promise<void> {
    const { settings: persona } = await settings.of(thread.user_id, thread.persona)
    const days = persona.idle_days_before_nudge
    const before = planned.get(keyOf(thread))
    if (days === 0 || (before?.days === days && now() - before.at < PLAN_AGAIN)) return
    await idle(thread, persona, { at: now() + days * DAY, core })
    planned.set(keyOf(thread), { at: now(), days })
  }

  return {
    idle,
    forget(userId) {
      for (const key of planned.keys()) if (isOf(key, userId)) planned.delete(key)
    },
    heard(thread, { core, log }) {
      again(thread, core).catch((error: unknown) => {
        if (error instanceof CoreError)
          log.warn({ code: error.code }, 'not planned; tried with the next message')
        else log.error({ err: error }, 'a bug while planning')
      })
    },
    async follow(thread, persona, core) {
      await daily('good_morning', thread, { persona, core })
      await daily('good_night', thread, { persona, core })
      const days = persona.idle_days_before_nudge
      if (days === 0) await drop('idle', thread, core)
      else await idle(thread, persona, { at: now() + days * DAY, core })
      planned.delete(keyOf(thread))
    },
  }
}

const idle: Plans['idle'] = async (thread, { name }, { at, core }) => {
  await core.schedule({ ...jobOf('idle', thread, name), at: new Date(at).toISOString(), missed: 'run' })
}

async function daily(
  occasion: 'good_morning' | 'good_night',
  thread: ThreadId,
  { persona, core }: { persona: Persona; core: Core },
): Promise<void> {
  const [hour, minute] = persona[occasion].split(':').map(Number)
  if (minute === undefined) return drop(occasion, thread, core)
  const job = jobOf(occasion, thread, persona.name)
  await core.schedule({ ...job, cron: `${minute} ${hour} * * *`, missed: 'skip' })
}

async function drop(occasion: Occasion, { user_id, persona }: ThreadId, core: Core): Promise<void> {
  await core.unschedule({ user_id, key: jobKey(occasion, persona) })
}

const jobKey = (occasion: Occasion, companion: string): string => `${occasion}:${companion}`

const jobOf = (occasion: Occasion, { user_id, persona: companion }: ThreadId, name: string) => ({
  user_id,
  capability_id: 'nudge',
  key: jobKey(occasion, companion),
  text: `${name}: ${LABELS[occasion]}`,
  parameters: { companion, occasion },
})
