import type { PluginRequest } from '#contract'
import { type Core, CoreError, PluginError, type Run } from '#plugin-sdk'
import { isOccasion, LABELS, type Occasion } from './occasions.ts'
import type { Persona } from './persona.ts'
import type { Plans } from './plans.ts'
import { firstWords, type Remembered } from './prompt.ts'
import type { Settings } from './settings.ts'
import type { Store } from './store.ts'
import { type Turn, turnOf } from './turn.ts'

const DAY = 24 * 60 * 60 * 1000
const MEMORIES = 8
const ROUNDS = 10
/** How much earlier than planned still counts: clocks and timers are not exact, in ms. */
const ABOUT = 60_000

export interface NudgeParts {
  readonly store: Store
  readonly settings: Settings
  readonly plans: Plans
  readonly timeZone: string
  /** ms since 1970. */
  readonly now: () => number
}

/**
 * One planned moment has come (capability `nudge`): the Friend writes first, or leaves it, with an empty answer. The same
 * request again is the same message.
 */
export async function writeFirst(parts: NudgeParts, request: PluginRequest, run: Run): Promise<string> {
  const occasion = request.capability_parameters?.['occasion']
  if (!isOccasion(occasion)) throw new PluginError('failed', `There is no occasion "${String(occasion)}"`)
  const turn = turnOf(request)
  const { thread, request_id, brought } = turn
  const { settings: persona } = await parts.settings.of(thread.user_id, thread.persona)
  const reason = await whyNot(parts, { occasion, turn, persona, core: run.core })
  if (reason !== undefined) {
    run.log.info({ occasion, reason }, 'not written first')
    return ''
  }
  const said = await words(parts, { occasion, turn, persona, run })
  const text = brought ? said : parts.store.say(thread, { request_id, text: said, at: parts.now() })
  await run.core.deliver({
    user_id: thread.user_id,
    companion: thread.persona,
    text,
    reason: LABELS[occasion],
    dedupe_key: request_id,
  })
  return text
}

/** Undefined: the moment is right. Another moment is planned when there will be one. */
async function whyNot(
  { store, plans, now }: NudgeParts,
  { occasion, turn, persona, core }: { occasion: Occasion; turn: Turn; persona: Persona; core: Core },
): Promise<string | undefined> {
  const { thread } = turn
  if (occasion === 'idle') {
    const days = persona.idle_days_before_nudge
    const heard = lastHeard(store, turn)
    if (days === 0 || heard === undefined) return 'not wanted'
    const at = heard + days * DAY
    if (at > now() + ABOUT) {
      await plans.idle(thread, persona, { at, core })
      return 'the person has written since'
    }
  } else if (persona[occasion] === '') return 'not wanted'
  const whom = { user_id: thread.user_id, companion: thread.persona }
  const { may, reason = 'refused', until } = await core.mayDeliver(whom)
  if (may) return undefined
  if (occasion === 'idle' && until !== undefined)
    await plans.idle(thread, persona, { at: Date.parse(until) + ABOUT, core })
  return reason
}

/** When the person last wrote: in the plugin's own store, or in the history that Core has brought. */
function lastHeard(store: Store, { thread, brought }: Turn): number | undefined {
  if (!brought) return store.lastHeard(thread)
  const last = brought.history.findLast(({ role }) => role === 'user')
  return last && Date.parse(last.at)
}

async function words(
  { store, timeZone, now }: NudgeParts,
  { occasion, turn, persona, run }: { occasion: Occasion; turn: Turn; persona: Persona; run: Run },
): Promise<string> {
  const { thread, brought, person, request_id } = turn
  const history = brought?.history ?? store.recent(thread, ROUNDS, request_id)
  const lately = history.findLast(({ role }) => role === 'user')?.text
  const memories = brought?.memories ?? (lately === undefined ? [] : await recall(turn, lately, run))
  const scene = { persona, person, now: new Date(now()), timeZone, memories, history }
  const { text } = await run.core.generate({ messages: firstWords(scene, occasion) }, { signal: run.signal })
  if (text.trim() === '') throw new PluginError('failed', 'The language model gave an empty answer')
  return text.trim()
}

/** Without memory the Friend still writes. */
async function recall(
  { namespace, app_id }: Turn,
  query: string,
  { core, log, signal }: Run,
): Promise<Remembered[]> {
  try {
    const wanted = { user_id: namespace, query, app_id, limit: MEMORIES }
    const found = await core.memory.search(wanted, { signal })
    return found.map(({ memory, created_at }) => ({ memory, at: created_at }))
  } catch (error) {
    if (!(error instanceof CoreError) || error.code === 'stopped') throw error
    log.warn({ code: error.code }, 'wrote first without memories')
    return []
  }
}
