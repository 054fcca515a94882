import type { FoundMemory } from '#contract'
import type { RunningCore } from '../../core/testing/core.ts'
import type { Conversation, Turn } from './locomo.ts'

/** What a search goes by. */
export const WAYS = {
  'words only': { by: 'words' },
  'meaning only': { by: 'meaning' },
  both: {},
} as const
export type Way = keyof typeof WAYS

/** What came back for one question. */
export interface Answered {
  readonly category: string
  /** Number of the turns that hold the answer. */
  readonly wanted: number
  /** At which places they came back, from 0 on. */
  readonly places: readonly number[]
  /** The first place at which a turn of their sessions came back; −1 when none did. */
  readonly session: number
  readonly found: readonly FoundMemory[]
  readonly ms: number
}

const AT_ONCE = 16
const LIMIT = 50
/** A search that takes less did not wait for the index. */
const NO_WAIT = 500

/** Adds each turn as a memory of its own, in one namespace, and waits until all are indexed. Gives the turns by their ids. */
export async function addTurns(core: RunningCore, { name, turns }: Conversation): Promise<Map<string, Turn>> {
  const added = new Map<string, Turn>()
  async function add(turn: Turn): Promise<void> {
    const { session, seq, speaker, said_at, text } = turn
    const metadata = { session, seq, speaker, said_at }
    const { body } = await core.post('/api/plugins/memory/add', { user_id: name, text, metadata })
    if (!body.ok) throw new Error(`A turn was not added: ${JSON.stringify(body)}`)
    added.set(body.id, turn)
  }
  for (let at = 0; at < turns.length; at += AT_ONCE) await Promise.all(turns.slice(at, at + AT_ONCE).map(add))
  for (let ms = Infinity; ms > NO_WAIT;) ({ ms } = await search(core, name, turns[0]?.text ?? '', 'both'))
  return added
}

/** Asks all questions of a conversation, one after the other. */
export async function ask(
  core: RunningCore,
  { name, turns, questions }: Conversation,
  added: ReadonlyMap<string, Turn>,
  way: Way,
): Promise<Answered[]> {
  const sessions = new Map(turns.map((turn) => [turn.name, turn.session]))
  const answers: Answered[] = []
  for (const { text, category, evidence } of questions) {
    const { found, ms } = await search(core, name, text, way)
    const came = found.map(({ id }) => added.get(id))
    const right = new Set(evidence.map((turn) => sessions.get(turn)))
    answers.push({
      category,
      wanted: evidence.length,
      places: evidence
        .map((turn) => came.findIndex((one) => one?.name === turn))
        .filter((place) => place >= 0),
      session: came.findIndex((one) => right.has(one?.session)),
      found,
      ms,
    })
  }
  return answers
}

async function search(core: RunningCore, namespace: string, query: string, way: Way) {
  const started = performance.now()
  const { status, body } = await core.post('/api/plugins/memory/search', {
    user_id: namespace,
    query,
    limit: LIMIT,
    ...WAYS[way],
  })
  const ms = performance.now() - started
  if (status !== 200) throw new Error(`A search failed: ${JSON.stringify(body)}`)
  return { found: body.memories as FoundMemory[], ms }
}
