import { type InboundMessage, type Reply, worthRemembering } from '#contract'
import type { Begun, StoredTurn } from './chats/chats.ts'
import { isOffline, knownAway, offlineText } from './companion.ts'
import type { CompanionConfig } from './config/schema.ts'
import { Problem, problem, toDocument } from './errors.ts'
import type { Caller } from './http/env.ts'
import type { Log } from './log.ts'
import { namespaceOf } from './memory/namespace.ts'
import type { Queues } from './queues.ts'
import { recognize, type RecognizeParts, type Turn } from './recognize.ts'
import { respond, type RespondOptions, type RespondParts } from './respond.ts'
import type { Workspace } from './workspace/workspace.ts'

export interface TurnParts extends RecognizeParts, RespondParts {
  readonly workspace: Workspace
  readonly queues: Queues
  readonly log: Log
}

export interface TurnOptions {
  readonly caller: Caller
  /** Sees the words of the reply as they come; not called for a reply that was stored before. */
  readonly onText?: ((text: string) => void) | undefined
  /** Hears who it is for, before the first word. */
  readonly onPartner?: ((partner: string) => void) | undefined
  /** Ends the answer; the words that were said so far are the reply. */
  readonly stop?: AbortSignal | undefined
  /** Core itself sends it, at a set time: it does not tell where the person is. */
  readonly scheduled?: boolean
}

export interface Turns {
  /**
   * One inbound message until its reply is stored: the straight line of design section 5. Channels, the scheduler and
   * tests enter here. The reply is on disk when it resolves; the same message id again resolves to the same reply.
   * @throws Problem
   */
  run(message: InboundMessage, options: TurnOptions): Promise<Reply>
  /** Lets running turns end, for `ms` at most, then stops them; new ones are refused. */
  close(ms: number): Promise<void>
}

export function createTurns(parts: TurnParts): Turns {
  const running = new Map<string, { hash: string; reply: Promise<Reply>; stop: AbortController }>()
  let closed = false

  async function run(
    message: InboundMessage,
    { caller, onText, onPartner, stop: asked, scheduled = false }: TurnOptions,
  ): Promise<Reply> {
    if (closed) throw problem('stopping')
    const turn = recognize(parts, message, caller)
    const same = running.get(turn.id)
    if (same && same.hash !== turn.hash) throw problem('message_changed', message.message_id ?? '')
    onPartner?.(turn.partner)
    const stop = same?.stop ?? new AbortController()
    asked?.addEventListener('abort', () => stop.abort(problem('stopped')), { once: true })
    if (same) return same.reply
    const chat = JSON.stringify([turn.person.id, turn.partner])
    const reply = parts.queues
      .run(chat, () => answerOnce(parts, turn, { onText, scheduled, signal: stop.signal }))
      .finally(() => running.delete(turn.id))
    running.set(turn.id, { hash: turn.hash, reply, stop })
    return reply
  }

  return {
    run,
    async close(ms) {
      closed = true
      const ended = Promise.allSettled([...running.values()].map(({ reply }) => reply))
      await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, ms).unref())])
      for (const { stop } of running.values()) stop.abort(problem('stopping'))
      await ended
    },
  }
}

/** The line: store the files and the message, answer it unless it was answered before, store the reply, give it out. */
async function answerOnce(
  parts: TurnParts,
  turn: Turn,
  { scheduled, ...options }: RespondOptions & { readonly scheduled: boolean },
): Promise<Reply> {
  const started = performance.now()
  const heard = listenAlong(options.onText)
  const files = await parts.workspace.storeFiles(turn.person.id, [
    ...turn.message.images,
    ...turn.message.files,
  ])
  const begun = await begin(parts, turn, { files, scheduled })
  if (begun.state === 'answered') return begun.reply
  if (begun.state === 'hindered' && turn.companion) return offline(parts, turn.companion, begun.turn)
  try {
    const {
      forgot = false,
      grounds,
      ...answer
    } = await respond(
      parts,
      { ...turn, turn_id: begun.turn.id, message_id: begun.turn.message_id, files },
      { ...options, onText: heard.onText },
    )
    const ms = Math.round(performance.now() - started)
    const reply = { ...answer, ...labels(begun.turn), why: { ...grounds, ms } }
    if (begun.state === 'run') await complete(parts, turn, begun.turn, { reply, forgot })
    parts.log.info({ turn: begun.turn.id, user: turn.person.id, partner: turn.partner, ms }, 'answered')
    return reply
  } catch (error) {
    if (!isStopped(options.signal)) return await failed(parts, turn, begun, error)
    return await stopped(parts, turn, begun, heard.text())
  }
}

/** Keeps what is said, for when it is stopped. */
function listenAlong(onText: RespondOptions['onText']): {
  readonly onText: RespondOptions['onText']
  text(): string
} {
  let text = ''
  const hear = (words: string): void => {
    text += words
    onText?.(words)
  }
  return { onText: onText && hear, text: () => text }
}

const isStopped = ({ aborted, reason }: AbortSignal): boolean =>
  aborted && reason instanceof Problem && reason.code === 'stopped'

/** The words so far are the answer, where Core keeps the chat and there are any. */
async function stopped(parts: TurnParts, turn: Turn, begun: Begun, text: string): Promise<Reply> {
  if (!turn.kept || !text.trim() || begun.state !== 'run') {
    return failed(parts, turn, begun, problem('stopped'))
  }
  const reply: Reply = { text, format: 'markdown', ...labels(begun.turn) }
  await complete(parts, turn, begun.turn, { reply, forgot: false })
  return reply
}

const labels = ({
  id,
  message_id,
  partner,
}: StoredTurn): Pick<Reply, 'request_id' | 'message_id' | 'partner'> => ({
  request_id: id,
  message_id,
  partner,
})

function begin(
  { chats, plugins }: TurnParts,
  turn: Turn,
  { files, scheduled }: { files: string[]; scheduled: boolean },
): Promise<Begun> {
  const { id, message, person, companion, partner, hash, kept } = turn
  const channel = companion ? 'companion' : message.channel_name
  const away = companion && knownAway(plugins, companion)
  return chats.begin({
    id,
    user_id: person.id,
    partner,
    message_id: message.message_id,
    hash,
    channel: message.channel_name,
    sender: scheduled ? undefined : message.user_id,
    app_id: message.app_id,
    session_id: message.session_id,
    location: message.location,
    message: kept ? { text: message.text, files, channel } : undefined,
    hindrance: away && { code: away.code, detail: away.message },
  })
}

/** The reply and what is worth remembering of the message, in one transaction. */
async function complete(
  { chats, memory }: TurnParts,
  { kept, text, person, companion, message }: Turn,
  stored: StoredTurn,
  { reply, forgot }: { reply: Reply; forgot: boolean },
): Promise<void> {
  const statement = memory && kept && !forgot ? worthRemembering(text) : undefined
  if (!memory || !statement) return chats.complete(stored, reply)
  return chats.complete(stored, reply, () =>
    memory.record({
      namespace: namespaceOf(person, companion?.id),
      text: statement,
      app_id: message.app_id,
      source: {
        kind: 'turn',
        id: stored.id,
        speaker: person.name,
        chat: stored.partner,
        message_id: stored.message_id,
      },
    }),
  )
}

/** A companion that is not there is no error for the person (design section 6); everything else is. */
async function failed(parts: TurnParts, turn: Turn, begun: Begun, error: unknown): Promise<Reply> {
  const { code, detail } = toDocument(error)
  if (begun.state === 'run') await parts.chats.fail(begun.turn, { code, detail })
  if (turn.companion && isOffline(error)) return offline(parts, turn.companion, begun.turn)
  parts.log.info({ turn: begun.turn.id, user: turn.person.id, partner: turn.partner, code }, 'not answered')
  throw error
}

function offline({ plugins, log }: TurnParts, companion: CompanionConfig, stored: StoredTurn): Reply {
  log.info({ turn: stored.id, user: stored.user_id, partner: stored.partner }, 'offline')
  return { text: offlineText(plugins, companion), format: 'plain', offline: true, ...labels(stored) }
}
