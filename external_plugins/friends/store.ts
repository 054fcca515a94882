import type { HistoryMessage, HistoryPage } from '#contract'
import { PluginError } from '#plugin-sdk'
import { openThreads, type ThreadId } from './threads.ts'

/** What the plugin itself keeps of its conversations. Every write is on disk when it returns. */
export interface Store {
  /**
   * Keeps what the person said. The same request again keeps nothing new and gives the reply that is stored, if any.
   * @throws PluginError `conflict` when the id was used for another text
   */
  arrive(
    thread: ThreadId,
    said: { request_id: string; text: string; at: number },
  ): { reply: string | undefined }
  /** Keeps the reply and, in the same transaction, what of the person's message is to be remembered. */
  complete(
    thread: ThreadId,
    reply: { request_id: string; text: string; at: number; to_remember: string | undefined },
  ): void
  /** Keeps what the Friend says first. The same id again keeps nothing new and gives the text that is stored. */
  say(thread: ThreadId, said: { request_id: string; text: string; at: number }): string
  /** When the person last said something. */
  lastHeard(thread: ThreadId): number | undefined
  /** Marks the message as not answered, with the reason. */
  fail(thread: ThreadId, requestId: string, reason: string): void
  /** The last answered rounds, newest last, without the request itself. */
  recent(thread: ThreadId, rounds: number, exceptRequest: string): HistoryMessage[]
  /** What still has to be handed to memory, oldest first. */
  unremembered(thread: ThreadId, limit: number): { request_id: string; text: string; at: number }[]
  remembered(thread: ThreadId, requestId: string): void
  /** `before` is a `seq`. A message without a reply says why, unless `isRunning`. */
  history(
    thread: ThreadId,
    page: { before: number | undefined; limit: number },
    isRunning: (requestId: string) => boolean,
  ): HistoryPage
  threadsOf(userId: string): ThreadId[]
  remove(thread: ThreadId): void
  close(): void
}

interface Turn {
  seq: number
  request_id: string
  user_text: string
  user_at: number
  reply_text: string | null
  reply_at: number | null
  failed: string | null
}

const INTERRUPTED = 'The plugin stopped before this was answered. Send it again'

export function openStore(folder: string): Store {
  const threads = openThreads(folder)
  return {
    arrive(thread, { request_id, text, at }) {
      return threads.use(thread, (sql) => {
        sql
          .prepare(
            `insert into turn (request_id, user_text, user_at) values (?, ?, ?)
             on conflict (request_id) do update set failed = null where failed is not null`,
          )
          .run(request_id, text, at)
        const turn = sql.prepare<[string], Turn>('select * from turn where request_id = ?').get(request_id)
        if (turn?.user_text !== text)
          throw new PluginError('conflict', `The request "${request_id}" was sent before with another text`)
        return { reply: turn.reply_text ?? undefined }
      })
    },
    complete(thread, { request_id, text, at, to_remember }) {
      threads.use(thread, (sql) =>
        sql
          .prepare(
            'update turn set reply_text = ?, reply_at = ?, failed = null, to_remember = ? where request_id = ?',
          )
          .run(text, at, to_remember ?? null, request_id),
      )
    },
    say(thread, { request_id, text, at }) {
      return threads.use(thread, (sql) => {
        sql
          .prepare(
            `insert into turn (request_id, user_text, user_at, reply_text, reply_at) values (?, '', ?, ?, ?)
             on conflict (request_id) do nothing`,
          )
          .run(request_id, at, text, at)
        const kept = sql.prepare<[string], Turn>('select * from turn where request_id = ?').get(request_id)
        return kept?.reply_text ?? text
      })
    },
    lastHeard(thread) {
      if (!threads.has(thread)) return undefined
      const select = `select max(user_at) from turn where user_text <> ''`
      return threads.use(thread, (sql) => sql.prepare<[], number | null>(select).pluck().get()) ?? undefined
    },
    fail(thread, requestId, reason) {
      threads.use(thread, (sql) =>
        sql
          .prepare('update turn set failed = ? where request_id = ? and reply_text is null')
          .run(reason, requestId),
      )
    },
    recent(thread, rounds, exceptRequest) {
      const select = `select * from turn where reply_text is not null and request_id <> ? order by seq desc limit ?`
      const turns = threads.use(thread, (sql) =>
        sql.prepare<[string, number], Turn>(select).all(exceptRequest, rounds),
      )
      return turns.toReversed().flatMap((turn) => messagesOf(turn, () => false))
    },
    unremembered(thread, limit) {
      const select = `select request_id, to_remember as text, user_at as at from turn
        where to_remember is not null order by seq limit ?`
      return threads.use(thread, (sql) =>
        sql.prepare<[number], { request_id: string; text: string; at: number }>(select).all(limit),
      )
    },
    remembered(thread, requestId) {
      threads.use(thread, (sql) =>
        sql.prepare('update turn set to_remember = null where request_id = ?').run(requestId),
      )
    },
    history(thread, { before, limit }, isRunning) {
      if (!threads.has(thread)) return { messages: [], more: false }
      const newest = before === undefined ? Number.MAX_SAFE_INTEGER : before
      const turns = threads.use(thread, (sql) =>
        sql
          .prepare<[number, number], Turn>('select * from turn where seq * 2 < ? order by seq desc limit ?')
          .all(newest, limit + 1),
      )
      const messages = turns
        .toReversed()
        .flatMap((turn) => messagesOf(turn, isRunning))
        .filter(({ seq }) => seq < newest)
      return { messages: messages.slice(-limit), more: messages.length > limit }
    },
    threadsOf: threads.of,
    remove: threads.remove,
    close: () => threads.close(),
  }
}

/** A turn is one message, or two when it is answered; only the second when the Friend spoke first. */
function messagesOf(turn: Turn, isRunning: (requestId: string) => boolean): HistoryPage['messages'] {
  const { seq, request_id, user_text, user_at, reply_text, reply_at } = turn
  const said = { id: request_id, seq: seq * 2, role: 'user' as const, text: user_text, at: timeOf(user_at) }
  if (reply_text === null || reply_at === null)
    return [isRunning(request_id) ? said : { ...said, failed: turn.failed ?? INTERRUPTED }]
  const id = `${request_id}:reply`
  const reply = { id, seq: seq * 2 + 1, role: 'assistant' as const, text: reply_text, at: timeOf(reply_at) }
  return user_text === '' ? [reply] : [said, reply]
}

const timeOf = (ms: number): string => new Date(ms).toISOString()
