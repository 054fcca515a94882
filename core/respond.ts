import type { FoundMemory, Why } from '#contract'
import type { Assistant } from './assistant/assistant.ts'
import type { Chats } from './chats/chats.ts'
import { type Answer, askCompanion } from './companion.ts'
import type { Knowledge } from './knowledge/knowledge.ts'
import { withinTokens } from './memory/budget.ts'
import type { Memory } from './memory/memory.ts'
import { namespaceOf } from './memory/namespace.ts'
import type { Nudges } from './nudges/nudges.ts'
import type { Plugins } from './plugins/plugins.ts'
import type { Turn } from './recognize.ts'

/** The best memories go into a prompt: no more than these, and no more of them than this. */
const RECALLED = 24
const RECALLED_TOKENS = 900
/** The same for passages of the person's files, which are longer. */
const PASSAGES = 4
const PASSAGES_TOKENS = 900
const LONGEST_PASSAGE = 1_200

export interface RespondParts {
  readonly chats: Chats
  readonly memory: Memory | undefined
  /** Undefined when memory is off. */
  readonly knowledge: Knowledge | undefined
  readonly plugins: Plugins
  readonly assistant: Assistant
  readonly nudges: Pick<Nudges, 'hear'>
}

type Grounds = Omit<Why, 'ms'>

export interface RespondOptions {
  readonly onText: ((text: string) => void) | undefined
  readonly signal: AbortSignal
}

/**
 * Asks whoever the turn is for. System and combined companions get history and memories from Core; an uncombined
 * companion has its own.
 * @throws Problem
 */
export async function respond(
  parts: RespondParts,
  turn: Turn & {
    readonly turn_id: string
    readonly message_id: string
    readonly files: readonly string[]
  },
  options: RespondOptions,
): Promise<Answer & { readonly grounds?: Grounds }> {
  const { companion, person, message } = turn
  // "Not now" is answered by Core itself, whoever wrote first: it holds for all of them.
  const silence = await parts.nudges.hear(person.id, turn.text)
  if (silence !== undefined && turn.kept) return { text: silence, format: 'plain' }
  if (!turn.kept && companion)
    return askCompanion(parts.plugins, { ...turn, companion, history: [], memories: [] }, options)
  const versions = message.replaces === undefined ? [] : parts.chats.versions(message.replaces)
  const history = parts.chats
    .recent(person.id, turn.partner)
    .filter(({ turn_id }) => !versions.includes(turn_id))
  const known = [turn.turn_id, ...versions, ...history.map(({ turn_id }) => turn_id)]
  const recalling = recall(parts.memory, turn, known)
  if (companion) {
    const memories = await recalling
    return withGrounds(
      memories,
      askCompanion(parts.plugins, { ...turn, companion, history, memories }, options),
    )
  }
  const location = parts.chats.location(person.id)
  const [memories, passages] = await Promise.all([recalling, lookUp(parts.knowledge, turn)])
  const { app_id, channel_name } = message
  const question = { ...turn, app_id, channel_name, history, memories, passages, location }
  return withGrounds(memories, parts.assistant.answer(question, options))
}

/** The answer with what it rests on. */
async function withGrounds(
  memories: readonly FoundMemory[],
  answering: Promise<Answer & { readonly tools?: Why['tools'] }>,
): Promise<Answer & { readonly grounds: Grounds }> {
  const { tools = [], ...answer } = await answering
  return { ...answer, grounds: { memories: memories.map(({ id }) => id), tools } }
}

/** What was just said, or stands in the history anyway, is not a memory of it. */
async function recall(
  memory: Memory | undefined,
  { person, companion, text }: Turn,
  exceptSources: string[],
): Promise<FoundMemory[]> {
  if (!memory || !text.trim()) return []
  const namespace = namespaceOf(person, companion?.id)
  const found = await memory.search({ namespace, text, limit: RECALLED, exceptSources })
  return withinTokens(found, RECALLED_TOKENS)
}

/** What the person's files say about it. */
async function lookUp(knowledge: Knowledge | undefined, { person, text }: Turn): Promise<FoundMemory[]> {
  if (!knowledge || !text.trim()) return []
  const found = await knowledge.search(person.id, text, PASSAGES)
  return withinTokens(found, PASSAGES_TOKENS, LONGEST_PASSAGE)
}
