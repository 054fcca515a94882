import { COMPANION_USER, type PluginRequest } from '#contract'
import { type Core, CoreError, type Log, PluginError, type Run } from '#plugin-sdk'
import { firstWords, type Occasion, type Remembered } from './prompt.ts'
import type { Persona } from './persona.ts'
import type { Settings } from './settings.ts'
import type { Store } from './store.ts'
import type { ThreadId } from './threads.ts'
import { type Turn, turnOf } from './turn.ts'

const DAY = 24 * 60 * 60 * 1000
const MEMORIES = 8
const ROUNDS = 10
/** How much earlier than planned still counts: clocks and timers are not exact, in ms. */
const ABOUT = 60_000
/** The plan moves along with what a person says, but not with every word, in ms. */
const PLAN_AGAIN = 60 * 60 * 1000

/** The Friend writes first: after some quiet days, in the morning and at night, where a person wants that. */
export interface Nudges {
  /** The person has written: the quiet days begin anew. Never rejects. */
  heard(thread: ThreadId, parts: { core: Core; log: Log }): Promise<void>
  /** Plans what these settings say. @throws CoreError when Core does not let the plugin plan or is not there */
  plan(thread: ThreadId, settings: Persona, core: Core): Promise<void>
  /** One planned moment has come (capability `nudge`): writes, or leaves it. The same request again writes once. */
  run(request: PluginRequest, run: Run): Promise<string>
}

/** @param now ms since 1970 */
export function createNudges({
  store,
  settings,
  timeZone,
  now,
}: {
  store: Store
  settings: Settings
  timeZone: string
  now: () => number
}): Nudges {
  const planned = new Map<string, { at: number; days: number }>()

  const keyOf = (occasion: Occasion, { persona }: ThreadId): string => `${occasion}:${persona}`
  const jobOf = (occasion: Occasion, thread: ThreadId, name: string) => ({
    user_id: thread.user_id,
    capability_id: 'nudge',
    key: keyOf(occasion, thread),
    text: `${name}: ${LABELS[occasion]}`,
    parameters: { companion: thread.persona, occasion },
    missed: occasion === 'idle' ? ('run' as const) : ('skip' as const),
  })

  async function planIdle(thread: ThreadId, persona: Persona, at: number, core: Core): Promise<void> {
    await core.schedule({ ...jobOf('idle', thread, persona.name), at: new Date(at).toISOString() })
  }

  async function planDaily(
    occasion: 'good_morning' | 'good_night',
    thread: ThreadId,
    { persona, core }: { persona: Persona; core: Core },
  ): Promise<void> {
    const [hour, minute] = persona[occasion].split(':').map(Number)
    if (minute === undefined) {
      await core.unschedule({ user_id: thread.user_id, key: keyOf(occasion, thread) })
      return
    }
    await core.schedule({ ...jobOf(occasion, thread, persona.name), cron: `${minute} ${hour} * * *` })
  }

  /** When the person last wrote: in the plugin's own store, or in the history that Core has brought. */
  function lastHeard({ thread, brought }: Turn): number | undefined {
    if (!brought) return store.lastHeard(thread)
    const last = brought.history.findLast(({ role }) => role === 'user')
    return last && Date.parse(last.at)
  }

  /** Undefined: the moment is right. */
  async function whyNot(
    occasion: Occasion,
    turn: Turn,
    persona: Persona,
    core: Core,
  ): Promise<string | undefined> {
    const { thread } = turn
    if (occasion === 'idle') {
      const days = persona.idle_days_before_nudge
      const heard = lastHeard(turn)
      if (days === 0 || heard === undefined) return 'not wanted'
      const due = heard + days * DAY
      if (due > now() + ABOUT) {
        await planIdle(thread, persona, due, core)
        return 'the person has written since'
      }
    } else if (persona[occasion] === '') return 'not wanted'
    const {
      may,
      reason = '',
      until,
    } = await core.mayDeliver({ user_id: thread.user_id, companion: thread.persona })
    if (may) return undefined
    if (occasion === 'idle' && until !== undefined)
      await planIdle(thread, persona, Date.parse(until) + ABOUT, core)
    return reason
  }

  async function words(
    occasion: Occasion,
    turn: Turn,
    persona: Persona,
    { core, log, signal }: Run,
  ): Promise<string> {
    const { thread, brought, namespace, person, app_id } = turn
    const history = brought?.history ?? store.recent(thread, ROUNDS, turn.request_id)
    const lately = history.findLast(({ role }) => role === 'user')?.text
    const memories: Remembered[] = brought?.memories ?? []
    if (!brought && lately !== undefined) {
      const query = { user_id: namespace, query: lately, app_id, limit: MEMORIES }
      try {
        const found = await core.memory.search(query, { signal })
        memories.push(...found.map(({ memory, created_at }) => ({ memory, at: created_at })))
      } catch (error) {
        if (!(error instanceof CoreError) || error.code === 'stopped') throw error
        log.warn({ code: error.code }, 'wrote first without memories')
      }
    }
    const scene = { persona, person, now: new Date(now()), timeZone, memories, history }
    const { text } = await core.generate({ messages: firstWords(scene, occasion) }, { signal })
    if (text.trim() === '') throw new PluginError('failed', 'The language model gave an empty answer')
    return text.trim()
  }

  return {
    async heard(thread, { core, log }) {
      const { settings: persona } = await settings.of(thread.user_id, thread.persona)
      const days = persona.idle_days_before_nudge
      const before = planned.get(JSON.stringify(thread))
      if (days === 0 || (before?.days === days && now() - before.at < PLAN_AGAIN)) return
      try {
        await planIdle(thread, persona, now() + days * DAY, core)
        planned.set(JSON.stringify(thread), { at: now(), days })
      } catch (error) {
        if (!(error instanceof CoreError)) throw error
        log.warn({ code: error.code }, 'not planned; tried again with the next message')
      }
    },
    async plan(thread, persona, core) {
      for (const occasion of ['good_morning', 'good_night'] as const)
        await planDaily(occasion, thread, { persona, core })
      const { user_id } = thread
      if (persona.idle_days_before_nudge === 0) await core.unschedule({ user_id, key: keyOf('idle', thread) })
      else await planIdle(thread, persona, now() + persona.idle_days_before_nudge * DAY, core)
      planned.delete(JSON.stringify(thread))
    },
    async run(request, run) {
      const occasion = occasionOf(request)
      const turn = turnOf(request)
      const { thread, request_id } = turn
      const { settings: persona } = await settings.of(thread.user_id, thread.persona)
      const reason = await whyNot(occasion, turn, persona, run.core)
      if (reason !== undefined) {
        run.log.info({ occasion, reason }, 'not written first')
        return ''
      }
      const said = await words(occasion, turn, persona, run)
      const text = turn.brought ? said : store.say(thread, { request_id, text: said, at: now() })
      await run.core.deliver({
        user_id: thread.user_id,
        companion: thread.persona,
        text,
        reason: LABELS[occasion],
        dedupe_key: request_id,
      })
      return text
    },
  }
}

const LABELS: Readonly<Record<Occasion, string>> = {
  idle: 'you have not written for a while',
  good_morning: 'good morning, as you asked',
  good_night: 'good night, as you asked',
}

function occasionOf({ capability_parameters, user_id }: PluginRequest): Occasion {
  const occasion = capability_parameters?.['occasion']
  if (occasion === 'idle' || occasion === 'good_morning' || occasion === 'good_night') return occasion
  throw new PluginError(
    'failed',
    `There is no occasion "${String(occasion)}" to write to ${user_id || COMPANION_USER}`,
  )
}
