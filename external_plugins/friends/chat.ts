import { type HistoryMessage, type HistoryPage, type PluginRequest, worthRemembering } from '#contract'
import { type Core, CoreError, type Log, PluginError, type Run } from '#plugin-sdk'
import { messagesOf, recent, type Remembered } from './prompt.ts'
import { createQueues } from './queues.ts'
import { notJustSaid } from './recall.ts'
import type { Settings } from './settings.ts'
import { createSharing, type Listener } from './sharing.ts'
import type { Store } from './store.ts'
import { keyOf, type ThreadId } from './threads.ts'
import { type Turn, turnOf } from './turn.ts'

const ROUNDS = 10
const MEMORIES = 8
/** Most that is handed to memory after one turn: this one's, and what earlier ones still owe. */
const OWED = 20
/** How long a stop waits for memory, in ms; what is not handed over then is with the next message. */
const LAST_CALLS = 500

/** The Friend's conversations. */
export interface Chat {
  /**
   * Answers one request, in order per person and companion. The same request again: the stored reply, or the one that
   * is being made, or, when there is none, another try.
   * @throws CoreError when there is no answer of the model; it is never kept as if the Friend had said it
   */
  answer(request: PluginRequest, run: Run): Promise<string>
  history(thread: ThreadId, page: { before: number | undefined; limit: number }): HistoryPage
  /** Takes all chats of this person off the disk, each between two of its messages. Gives how many there were. */
  forget(userId: string): Promise<number>
  /** Waits for what still runs, then closes the files. */
  close(): Promise<void>
}

export function createChat({
  store,
  settings,
  timeZone,
}: {
  store: Store
  settings: Settings
  timeZone: string
}): Chat {
  const queues = createQueues()
  const sharing = createSharing()
  const closing = new AbortController()

  async function speak(
    turn: Turn,
    known: Known,
    { core, emit, signal }: Listener & { core: Core },
  ): Promise<string> {
    const { settings: persona } = await settings.of(turn.thread.user_id, turn.thread.persona)
    const { person, text } = turn
    const messages = messagesOf({ persona, person, now: new Date(), timeZone, text, ...known })
    const answer = await core.generate({ messages }, { onText: emit, signal })
    if (answer.text.trim() === '') throw new PluginError('failed', 'The language model gave an empty answer')
    return answer.text
  }

  /** Combined: Core has brought everything and keeps everything. */
  async function answerBrought(turn: Turn, brought: Known, shared: Listener, run: Run): Promise<string> {
    const history = recent(brought.history)
    const memories = notJustSaid(brought.memories, { text: turn.text, history, limit: MEMORIES })
    return speak(turn, { history, memories }, { ...run, ...shared })
  }

  /** Uncombined: what the person said is on disk already; the reply is before anybody hears that it is done. */
  async function answerKept(turn: Turn, shared: Listener, { core, log }: Run): Promise<string> {
    const { thread, request_id } = turn
    try {
      const history = recent(store.recent(thread, ROUNDS, request_id))
      const memories = await recall(turn, history, { core, log, signal: shared.signal })
      const text = await speak(turn, { history, memories }, { ...shared, core })
      store.complete(thread, { request_id, text, at: Date.now(), to_remember: worthRemembering(turn.text) })
      return text
    } catch (error) {
      store.fail(thread, request_id, reasonOf(error))
      throw error
    }
  }

  return {
    async answer(request, run) {
      const turn = turnOf(request)
      const { thread, request_id, text, brought } = turn
      if (!brought) {
        const { reply } = store.arrive(thread, { request_id, text, at: Date.now() })
        if (reply !== undefined) return reply
      }
      const line = keyOf(thread)
      return sharing.join(flightOf(thread, request_id), run, (shared) => {
        const answered = queues.run(line, () =>
          brought ? answerBrought(turn, brought, shared, run) : answerKept(turn, shared, run),
        )
        if (!brought)
          queues
            .run(line, () => remember({ store, signal: closing.signal }, turn, run))
            .catch((error: unknown) => run.log.error({ err: error }, 'a bug while remembering'))
        return answered
      })
    },
    history: (thread, page) =>
      store.history(thread, page, (requestId) => sharing.isRunning(flightOf(thread, requestId))),
    async forget(userId) {
      const threads = store.threadsOf(userId)
      for (const thread of threads) await queues.run(keyOf(thread), async () => store.remove(thread))
      return threads.length
    },
    async close() {
      const late = setTimeout(() => closing.abort(), LAST_CALLS)
      await queues.idle()
      clearTimeout(late)
      store.close()
    },
  }
}

/** Hands over to memory what is owed to it; what fails comes with the next message. @param signal ends the last call */
async function remember(
  { store, signal }: { store: Store; signal: AbortSignal },
  { thread, namespace, app_id, person }: Turn,
  { core, log }: Run,
): Promise<void> {
  for (const { request_id, text, at } of store.unremembered(thread, OWED)) {
    const metadata = {
      said_at: new Date(at).toISOString(),
      turn: request_id,
      ...(person && { speaker: person }),
    }
    const fault = await faultOf(core.memory.add({ user_id: namespace, text, app_id, metadata }, { signal }))
    if (fault && fault.code !== 'memory_off') {
      log.warn({ code: fault.code }, 'not remembered; tried again with the next message')
      return
    }
    store.remembered(thread, request_id)
  }
}

const flightOf = (thread: ThreadId, requestId: string): string => JSON.stringify([keyOf(thread), requestId])

interface Known {
  readonly history: HistoryMessage[]
  readonly memories: Remembered[]
}

/** Without memory the Friend still answers: what was said lately is in the history. */
async function recall(
  { namespace, app_id, text }: Turn,
  history: HistoryMessage[],
  { core, log, signal }: { core: Core; log: Log; signal: AbortSignal },
): Promise<Remembered[]> {
  const limit = MEMORIES + Math.ceil(history.length / 2)
  try {
    const found = await core.memory.search({ user_id: namespace, query: text, app_id, limit }, { signal })
    const memories = found.map(({ memory, created_at }) => ({ memory, at: created_at }))
    return notJustSaid(memories, { text, history, limit: MEMORIES })
  } catch (error) {
    if (!(error instanceof CoreError) || error.code === 'stopped') throw error
    log.warn({ code: error.code }, 'answered without memories')
    return []
  }
}

async function faultOf(attempt: Promise<unknown>): Promise<CoreError | undefined> {
  try {
    await attempt
    return undefined
  } catch (error) {
    if (error instanceof CoreError) return error
    throw error
  }
}

const reasonOf = (error: unknown): string =>
  error instanceof CoreError || error instanceof PluginError ? error.message : 'internal error'
