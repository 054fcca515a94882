import type { InboundMessage, Reply } from '#contract'
import type { Begun, StoredTurn } from './chats/chats.ts'
import { isOffline, knownAway, offlineText } from './companion.ts'
import { complete, type CompleteParts, type ForOutbox } from './complete.ts'
import type { CompanionConfig } from './config/schema.ts'
import { Problem, problem, toDocument } from './errors.ts'
import type { Caller } from './http/env.ts'
import type { Log } from './log.ts'
import type { Queues } from './queues.ts'
import { recognize, type RecognizeParts, type Turn } from './recognize.ts'
import { respond, type RespondOptions, type RespondParts } from './respond.ts'
import type { Workspace } from './workspace/workspace.ts'

export interface TurnParts extends RecognizeParts, RespondParts, CompleteParts {
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
  /** Core itself sends it, at a set time: it does not tell where the person is. */
  readonly scheduled?: boolean
  /** Sees the id of the turn before it begins; with it, the turn can be cancelled. */
  readonly onStart?: ((id: string) => void) | undefined
  /** Asked when the reply is stored: whoever waited may be gone by then. The reply goes to the outbox as well. */
  readonly forOutbox?: ForOutbox | undefined
}

export interface Turns {
  /**
   * One inbound message until its reply is stored: the straight line of design section 5. Channels, the scheduler and
   * tests enter here. The reply is on disk when it resolves; the same message id again resolves to the same reply.
   * @throws Problem
   */
  run(message: InboundMessage, options: TurnOptions): Promise<Reply>
  /** Stops a turn that was started with `onStart`: the words so far are its answer; without any it is not answered. @returns false when it is not running */
  cancel(id: string, mayCancel: (userId: string) => boolean): boolean
  /** Deletes a chat with what was attached to it, between two of its turns. */
  removeChat(userId: string, partner: string): Promise<{ messages: number; files: number }>
  /** Lets running turns end, for `ms` at most, then stops them; new ones are refused. */
  close(ms: number): Promise<void>
}

interface Running {
  readonly hash: string
  readonly user_id: string
  readonly stop: AbortController | undefined
  /**
   * Everybody who sent this message and waits for its reply. Emptied at the end: V8 keeps what was in a Map until a full
   * collection, and with it the whole request (measured: a tenth of the CPU of a message).
   */
  readonly waiting: (ForOutbox | undefined)[]
  readonly reply: Promise<Reply>
}

export function createTurns(parts: TurnParts): Turns {
  const running = new Map<string, Running>()
  const stopping = new AbortController()
  let closed = false

  async function run(message: InboundMessage, options: TurnOptions): Promise<Reply> {
    if (closed) throw problem('stopping')
    const turn = recognize(parts, message, options.caller)
    options.onStart?.(turn.id)
    options.onPartner?.(turn.partner)
    const same = running.get(turn.id)
    if (same && same.hash !== turn.hash) throw problem('message_changed', message.message_id ?? '')
    if (same && !same.stop?.signal.aborted) {
      same.waiting.push(options.forOutbox)
      return same.reply
    }
    const stop = options.onStart && new AbortController()
    const signal = stop ? AbortSignal.any([stopping.signal, stop.signal]) : stopping.signal
    const waiting = [options.forOutbox]
    const reply = parts.queues
      .run(queueOf(turn.person.id, turn.partner), () =>
        answerOnce(parts, turn, { ...options, signal, forOutbox: () => wayOf(waiting) }),
      )
      .finally(() => {
        waiting.length = 0
        if (running.get(turn.id) === own) running.delete(turn.id)
      })
    const own: Running = { hash: turn.hash, user_id: turn.person.id, stop, waiting, reply }
    running.set(turn.id, own)
    return reply
  }

  return {
    run,
    cancel(id, mayCancel) {
      const found = running.get(id)
      if (!found?.stop || !mayCancel(found.user_id)) return false
      found.stop.abort(problem('cancelled'))
      return true
    },
    removeChat: (userId, partner) =>
      parts.queues.run(queueOf(userId, partner), async () => {
        const { messages, files } = await parts.chats.remove(userId, partner)
        await parts.workspace.removeFiles(userId, files)
        return { messages, files: files.length }
      }),
    async close(ms) {
      closed = true
      const ended = Promise.allSettled([...running.values()].map(({ reply }) => reply))
      await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, ms).unref())])
      stopping.abort(problem('stopping'))
      await ended
    },
  }
}

/** Only when all of them are gone. */
const wayOf = (waiting: Running['waiting']): ReturnType<ForOutbox> => {
  const ways = waiting.map((forOutbox) => forOutbox?.())
  return ways.every(Boolean) ? ways[0] : undefined
}

/** Turns of one chat run one after the other. */
const queueOf = (userId: string, partner: string): string => JSON.stringify([userId, partner])

/** The line: store the files and the message, answer it unless it was answered before, store the reply, give it out. */
async function answerOnce(
  parts: TurnParts,
  turn: Turn,
  options: TurnOptions & Pick<RespondOptions, 'signal'>,
): Promise<Reply> {
  const { onText, signal, forOutbox } = options
  signal.throwIfAborted()
  const started = performance.now()
  const heard = listenAlong(onText)
  parts.facts?.standBack()
  const files = await parts.workspace.storeFiles(turn.person.id, [
    ...turn.message.images,
    ...turn.message.files,
  ])
  const begun = await begin(parts, turn, { files, scheduled: options.scheduled ?? false })
  if (begun.state !== 'run') await parts.outbox.withdraw(begun.turn.id)
  if (begun.state === 'answered') return begun.reply
  if (begun.state === 'hindered' && turn.companion) return offline(parts, turn.companion, begun.turn)
  try {
    const {
      forgot = false,
      grounds = NOTHING,
      ...answer
    } = await respond(
      parts,
      { ...turn, turn_id: begun.turn.id, message_id: begun.turn.message_id, files },
      { onText: heard.onText, signal },
    )
    const ms = Math.round(performance.now() - started)
    const reply = { ...answer, ...labels(begun.turn), why: { ...grounds, ms } }
    const answered = { reply, forgot: forgot || options.scheduled === true, forOutbox }
    if (begun.state === 'run') await complete(parts, turn, begun.turn, answered)
    parts.log.info({ turn: begun.turn.id, user: turn.person.id, partner: turn.partner, ms }, 'answered')
    return reply
  } catch (error) {
    const reason = signal.aborted ? signal.reason : error
    const text = heard.text()
    if (!isCancelled(reason) || !turn.kept || !text.trim() || begun.state !== 'run')
      return await failed(parts, turn, begun, reason)
    const reply: Reply = { text, format: 'markdown', ...labels(begun.turn) }
    await complete(parts, turn, begun.turn, { reply, forgot: false, forOutbox })
    return reply
  }
}

/** What an answer rests on that nobody had to be asked for. */
const NOTHING = { memories: [], tools: [] }

/** The words of a cancelled answer are what was answered, where Core keeps the chat. */
const isCancelled = (reason: unknown): boolean => reason instanceof Problem && reason.code === 'cancelled'

/** Keeps what is said, for when it is cancelled. */
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
  const { location, replaces } = message
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
    location,
    replaces,
    message: kept ? { text: message.text, files, channel } : undefined,
    hindrance: away && { code: away.code, detail: away.message },
  })
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
