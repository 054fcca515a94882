import { setTimeout as pause } from 'node:timers/promises'
import type { AcceptedMessage, InboundMessage, InboundResult } from '#contract'
import type { Database } from '../database.ts'
import type { Inbox } from '../delivery/delivery.ts'
import { Problem, problem, toDocument } from '../errors.ts'
import type { Caller } from '../http/env.ts'
import type { Log } from '../log.ts'
import type { Turn } from '../recognize.ts'
import { timeOrderedId } from '../time-ordered-id.ts'
import type { Turns } from '../turn.ts'
import { createRequestStore, type RequestRow } from './store.ts'

/** How long a client may take to fetch its answer before it is delivered, in ms. */
const FETCH_WAIT = 10_000
/** A message that Core ended over so often is not begun once more. */
const MAX_RUNS = 3
/** How long a turn may take to stop, in ms; one that waits for others of its chat stops when it would begin. */
const CANCEL_WAIT = 500
const PRUNE_EVERY = 5 * 60_000

export interface RequestParts {
  readonly database: Database
  readonly turns: Pick<Turns, 'run' | 'cancel'>
  readonly inbox: Pick<Inbox, 'withdraw'>
  /** Who writes and who answers. @throws Problem */
  readonly recognize: (message: InboundMessage, caller: Caller) => Turn
  readonly now: () => number
  readonly log: Log
}

/** One answer that is being made. `cancelled`: its request has ended before it. */
interface Run {
  cancelled: boolean
  ended: Promise<void>
}

interface Sent {
  readonly message: InboundMessage
  readonly caller: Caller
}

type MaySee = (request: { readonly user_id: string; readonly channel: string }) => boolean

/** Messages whose sender does not wait: `async: true` on `/inbound`. */
export interface Requests {
  /**
   * Durable when it resolves: the message is answered, also over a restart. The answer is fetched with `result`, or
   * goes to the outbox of the person. The same message again is the same request; one that failed or was cancelled is
   * answered then.
   * @throws Problem
   */
  accept(message: InboundMessage, caller: Caller): Promise<AcceptedMessage>
  /** Undefined for an unknown one, and one of somebody else. An answer that was given out is not delivered any more. */
  result(id: string, maySee: MaySee): Promise<InboundResult | undefined>
  /** Also stops a streaming turn. @returns how it stands; undefined as for `result` */
  cancel(id: string, maySee: MaySee): Promise<InboundResult['status'] | undefined>
  /** Takes the words of a chat out of what waits to be fetched. Durable when it resolves. */
  forget(userId: string, partner: string): Promise<void>
  /** Goes on with what was not answered when Core ended. */
  start(): Promise<void>
  close(): void
}

export function createRequests(parts: RequestParts): Requests {
  const { database, turns, inbox, recognize, now, log } = parts
  const store = createRequestStore(database.sql)
  const prune = setInterval(
    () =>
      void database
        .write(() => store.prune(now()))
        .catch((error: unknown) => log.error({ err: error }, 'old requests could not be removed')),
    PRUNE_EVERY,
  ).unref()
  const running = new Map<string, Run>()

  /** A turn that was cancelled may still wait for others of its chat: the same message again is answered after it. */
  function start(id: string, message: InboundMessage, caller: Caller): void {
    const before = running.get(id)
    if (before && !before.cancelled) return
    const run: Run = { cancelled: false, ended: before?.ended ?? Promise.resolve() }
    run.ended = run.ended
      .then(() => (run.cancelled ? undefined : answer(run, id, { message, caller })))
      .catch((error: unknown) =>
        log.error({ err: error, turn: id }, 'the end of a request could not be stored'),
      )
      .finally(() => running.get(id) === run && running.delete(id))
    running.set(id, run)
  }

  async function answer(run: Run, id: string, { message, caller }: Sent): Promise<void> {
    const [state, result] = await turns
      .run(message, { caller, onStart: () => {}, forOutbox: () => ({ wait: FETCH_WAIT }) })
      .then(
        (reply) => ['done', { status: 'done', ...reply }] as const,
        (error: unknown) => ending(id, error),
      )
    if (state === 'accepted' || run.cancelled) return
    await database.write(() => store.end(id, state, result, now()))
  }

  async function endCancelled(id: string): Promise<void> {
    const run = running.get(id)
    if (run) run.cancelled = true
    await database.write(() => store.end(id, ...ending(id, problem('cancelled')), now()))
  }

  /** A Core that stops has not failed: the next start goes on. */
  function ending(id: string, error: unknown): readonly [RequestRow['state'], InboundResult] {
    if (!(error instanceof Problem)) log.error({ err: error, turn: id }, 'a bug')
    const { code, detail } = toDocument(error)
    const status = code === 'cancelled' ? 'cancelled' : 'failed'
    return [
      code === 'stopping' ? 'accepted' : status,
      { status, request_id: id, error: detail, code, text: '' },
    ]
  }

  return {
    async accept(wanted, caller) {
      const message_id = wanted.message_id ?? timeOrderedId(now())
      const message = { ...wanted, message_id, async: false, stream: false }
      const turn = recognize(message, caller)
      await database.write(() => {
        if ((store.get(turn.id)?.hash ?? turn.hash) !== turn.hash)
          throw problem('message_changed', message_id)
        store.accept(turn, now())
      })
      if (store.get(turn.id)?.state === 'accepted') start(turn.id, message, caller)
      return { status: 'accepted', request_id: turn.id, message_id }
    },
    async result(id, maySee) {
      const row = store.get(id)
      if (!row || !maySee(row)) return undefined
      if (row.result === null) return { status: 'pending', request_id: id, text: '' }
      await database.write(() => store.fetched(id, now()))
      await inbox.withdraw(id)
      return JSON.parse(row.result) as InboundResult
    },
    async cancel(id, maySee) {
      const row = store.get(id)
      if (row && !maySee(row)) return undefined
      const stopped = turns.cancel(id, (user_id) => row !== undefined || maySee({ user_id, channel: '' }))
      if (stopped) await Promise.race([running.get(id)?.ended, pause(CANCEL_WAIT)])
      if (stopped && store.get(id)?.state === 'accepted') await endCancelled(id)
      const after = store.get(id)?.state
      if (after === undefined) return stopped ? 'cancelled' : undefined
      return after === 'accepted' ? 'pending' : after
    },
    forget: (userId, partner) => database.write(() => store.forget(userId, partner)),
    async start() {
      const open = await database.write(() => store.begin())
      for (const { message, runs } of open) {
        const { id } = recognize(message, OWNER)
        if (runs <= MAX_RUNS) start(id, message, OWNER)
        else await database.write(() => store.end(id, ...ending(id, problem('interrupted')), now()))
      }
    },
    close: () => clearInterval(prune),
  }
}

/** Whoever sent it was allowed to when it was accepted. */
const OWNER: Caller = { kind: 'owner' }
