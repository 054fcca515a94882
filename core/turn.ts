import { createHmac } from 'node:crypto'
import { type InboundMessage, isStatement, type Reply } from '#contract'
import type { Assistant } from './assistant/assistant.ts'
import type { Begun, Chats } from './chats/chats.ts'
import { SYSTEM } from './chats/chats.ts'
import { type Answer, askCompanion, isOffline, offlineText } from './companion.ts'
import type { CompanionConfig, CoreConfig } from './config/schema.ts'
import { describeError, problem } from './errors.ts'
import type { Caller } from './http/env.ts'
import type { Log } from './log.ts'
import type { Memory } from './memory/memory.ts'
import { namespaceOf } from './memory/namespace.ts'
import type { Plugins } from './plugins/plugins.ts'
import type { Queues } from './queues.ts'
import { chooseResponder } from './route.ts'
import { assertMayWriteAs } from './users/rights.ts'
import type { Person, Users } from './users/users.ts'
import type { Workspace } from './workspace/workspace.ts'

/** Messages of a chat that go into a prompt: ten exchanges. */
const HISTORY = 20
/** Memories that go into a prompt. */
const RECALLED = 8

export interface TurnParts {
  readonly users: Users
  readonly chats: Chats
  readonly memory: Memory | undefined
  readonly plugins: Plugins
  readonly assistant: Assistant
  readonly workspace: Workspace
  readonly queues: Queues
  readonly companions: () => CoreConfig['companions']
  /** Keys the hashes that tell a retried message from another one with the same id. */
  readonly secret: Buffer
  readonly log: Log
}

export interface TurnOptions {
  readonly caller: Caller
  /** Sees the words of the reply as they come; not called for a reply that was stored before. */
  readonly onText?: ((text: string) => void) | undefined
}

/** Everything that one message is and becomes, gathered on its way. */
interface Turn {
  readonly message: InboundMessage
  readonly message_id: string
  readonly person: Person
  readonly companion: CompanionConfig | undefined
  readonly partner: string
  readonly identity: string
  readonly text: string
  readonly hash: string
}

export interface Turns {
  /**
   * One inbound message until its reply is stored: the straight line of design section 5. Channels, the scheduler and
   * tests enter here. The reply is on disk when it resolves; the same message id again resolves to the same reply.
   * @throws Problem
   */
  run(message: InboundMessage, options: TurnOptions): Promise<Reply>
  /** Lets running turns end, at most `ms`, then stops them; new ones are refused. */
  close(ms: number): Promise<void>
}

export function createTurns(parts: TurnParts): Turns {
  const { users, chats, memory, plugins, assistant, workspace, queues, log } = parts
  const running = new Map<string, { hash: string; reply: Promise<Reply> }>()
  const stopping = new AbortController()
  let closed = false

  async function run(message: InboundMessage, { caller, onText }: TurnOptions): Promise<Reply> {
    if (closed) throw problem('stopping')
    const turn = recognize(message, caller)
    const key = JSON.stringify([turn.identity, turn.partner, turn.message_id])
    const same = running.get(key)
    if (same && same.hash !== turn.hash) throw problem('message_changed', turn.message_id)
    if (same) return same.reply
    const chat = JSON.stringify([turn.person.id, turn.partner])
    const reply = queues.run(chat, () => answerOnce(turn, onText)).finally(() => running.delete(key))
    running.set(key, { hash: turn.hash, reply })
    return reply
  }

  function recognize(message: InboundMessage, caller: Caller): Turn {
    const person = users.identify(message)
    assertMayWriteAs(caller, person, message)
    const own = person.kind === 'user' ? person.user.keywords : {}
    const { companion, text } = chooseResponder(message, parts.companions(), own)
    const said = JSON.stringify([message.text, message.images, message.files])
    return {
      message,
      person,
      companion,
      text,
      message_id: message.message_id ?? crypto.randomUUID(),
      partner: companion?.id ?? SYSTEM,
      identity: `${message.channel_name}:${message.user_id}`,
      hash: createHmac('sha256', parts.secret).update(said).digest('base64url'),
    }
  }

  async function answerOnce(turn: Turn, onText: TurnOptions['onText']): Promise<Reply> {
    const started = performance.now()
    const files = await workspace.storeFiles(turn.person.id, [...turn.message.images, ...turn.message.files])
    const begun = await begin(turn, files)
    if (begun.state === 'answered') return begun.reply
    try {
      const answer = await respond(turn, begun.turn_id, files, onText)
      const reply = {
        ...answer,
        request_id: begun.turn_id,
        message_id: turn.message_id,
        partner: turn.partner,
      }
      if (begun.state === 'run') await complete(turn, reply)
      log.info(
        {
          turn: begun.turn_id,
          user: turn.person.id,
          partner: turn.partner,
          ms: Math.round(performance.now() - started),
        },
        'answered',
      )
      return reply
    } catch (error) {
      return await failed(turn, begun, error)
    }
  }

  function begin(
    { message, person, companion, partner, identity, hash, message_id }: Turn,
    files: string[],
  ): Promise<Begun> {
    const kept = companion === undefined || person.kind === 'user'
    return chats.begin({
      user_id: person.id,
      partner,
      identity,
      message_id,
      hash,
      channel: message.channel_name,
      app_id: message.app_id,
      session_id: message.session_id,
      location: message.location,
      message: kept
        ? { text: message.text, files, channel: companion ? 'companion' : message.channel_name }
        : undefined,
    })
  }

  async function respond(
    turn: Turn,
    turnId: string,
    files: string[],
    onText: TurnOptions['onText'],
  ): Promise<Answer> {
    const { companion, person, message, text } = turn
    const options = { onText, signal: stopping.signal }
    if (companion && person.kind === 'companion') {
      return askCompanion(
        plugins,
        { turn_id: turnId, companion, person, message, text, files, history: [], memories: [] },
        options,
      )
    }
    const history = chats.recent(person.id, turn.partner, HISTORY, turnId)
    const memories = await recall(turn, [turnId, ...history.map((message) => message.turn_id)])
    if (companion)
      return askCompanion(
        plugins,
        { turn_id: turnId, companion, person, message, text, files, history, memories },
        options,
      )
    const location = chats.location(person.id)
    return assistant.answer(
      { turn_id: turnId, person, app_id: message.app_id, text, files, history, memories, location },
      options,
    )
  }

  /** What was just said, or stands in the history anyway, is not a memory of it. */
  async function recall({ person, companion, text }: Turn, exceptSources: string[]) {
    if (!memory || !text.trim()) return []
    return memory.search({
      namespace: namespaceOf(person, companion?.id),
      text,
      limit: RECALLED,
      exceptSources,
    })
  }

  async function complete({ person, companion, text, message }: Turn, reply: Reply): Promise<void> {
    const remembers = memory && (companion === undefined || person.kind === 'user') && isStatement(text)
    if (!remembers) return chats.complete(reply.request_id, reply)
    await chats.complete(reply.request_id, reply, (sql) =>
      memory.record(sql, {
        namespace: namespaceOf(person, companion?.id),
        text,
        app_id: message.app_id,
        source: { kind: 'turn', id: reply.request_id, speaker: person.name },
      }),
    )
    memory.wake()
  }

  async function failed(turn: Turn, begun: Begun, error: unknown): Promise<Reply> {
    const { code, detail } = describeError(error, log)
    log.info({ turn: begun.turn_id, user: turn.person.id, partner: turn.partner, code }, 'not answered')
    if (begun.state === 'run') await chats.fail(begun.turn_id, { code, detail })
    if (!turn.companion || !isOffline(error)) throw error
    const text = offlineText(plugins, turn.companion)
    return {
      text,
      format: 'plain',
      request_id: begun.turn_id,
      message_id: turn.message_id,
      partner: turn.partner,
      offline: true,
    }
  }

  return {
    run,
    async close(ms) {
      closed = true
      const ended = Promise.allSettled([...running.values()].map(({ reply }) => reply))
      await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, ms).unref())])
      stopping.abort()
      await ended
    },
  }
}
