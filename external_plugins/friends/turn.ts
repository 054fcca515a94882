import { COMPANION_USER, companionMetadata, type HistoryMessage, type PluginRequest } from '#contract'
import { PluginError } from '#plugin-sdk'
import { DEFAULT_COMPANION } from './persona.ts'
import type { Remembered } from './prompt.ts'
import type { ThreadId } from './threads.ts'

/** A request as the Friend understands it. */
export interface Turn {
  readonly request_id: string
  readonly thread: ThreadId
  readonly text: string
  /** The person's name, when it is one and not the id of the app. */
  readonly person: string | undefined
  readonly app_id: string
  /** The memory namespace. */
  readonly namespace: string
  /** Combined: Core keeps the chat and brings what is known; nothing of it is written or asked here. */
  readonly brought: { history: HistoryMessage[]; memories: Remembered[] } | undefined
}

/** @throws PluginError when Core's part of the metadata is not what the contract says */
export function turnOf(request: PluginRequest): Turn {
  const parsed = companionMetadata.partial().safeParse(request.metadata)
  if (!parsed.success) {
    const faults = parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`)
    throw new PluginError('failed', `The metadata is not valid: ${faults.join('; ')}`)
  }
  const { companion, store, history = [], memories = [], memory_user_id } = parsed.data
  const persona = companion?.id ?? DEFAULT_COMPANION
  const { request_id, user_id, user_name, user_input, app_id } = request
  return {
    request_id,
    thread: { user_id, persona },
    text: user_input.trim(),
    person: user_id === COMPANION_USER || user_name === user_id ? undefined : user_name.trim() || undefined,
    app_id,
    namespace: memory_user_id ?? namespaceOf(user_id, persona),
    brought: store === 'core' ? { history, memories } : undefined,
  }
}

/** Memories of the uncombined Friend are never those of the uncombined System (seed 002, Storage). */
function namespaceOf(userId: string, persona: string): string {
  if (userId !== COMPANION_USER) return userId
  return persona === DEFAULT_COMPANION ? `${COMPANION_USER}_friend` : `${COMPANION_USER}_friend:${persona}`
}
