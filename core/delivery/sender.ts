import { createHash } from 'node:crypto'
import type { Database } from '../database.ts'
import type { Log } from '../log.ts'
import type { Callback } from './callbacks.ts'
import type { Clients } from './clients.ts'
import type { ChatOf, Ledger, Mark, Row } from './ledger.ts'
import type { Route } from './route.ts'
import type { Outcome } from './webhook.ts'

/** Pauses between attempts at a bridge grow from one to the other, in ms; after the last attempt a message is dead. */
const FIRST_PAUSE = 1_000
const LONGEST_PAUSE = 60 * 60_000
/** A bit more than a day. */
const MAX_ATTEMPTS = 35
/** Messages that are on their way to one bridge at a time. */
const LANES = 4
const LOST = 'its outcome could not be stored'
/** After this, a message that is on its way is taken up again: its outcome could not be stored. In ms. */
const LEASE = 60_000
/** How long a chat is left alone at most, in ms: the clock may have been set. */
const LONGEST_REST = 60_000

export interface SenderParts {
  readonly database: Database
  readonly ledger: Ledger
  readonly clients: Pick<Clients, 'pump' | 'has'>
  readonly route: (row: Row) => Route
  readonly post: (callback: Callback, recipient: string, row: Row) => Promise<Outcome>
  /** Devices of this person are told of this message. Called inside a transaction. */
  readonly tellDevices: (row: Row) => void
  readonly now: () => number
  readonly log: Log
}

export interface Sender {
  /** Sends what is due in this chat, oldest first, one after the other, and comes back to it by itself. */
  work(chat: ChatOf): void
  /** Starts nothing more; resolves when nothing is on its way. */
  close(): Promise<void>
}

/** Empties the outbox: chats side by side, the messages of a chat in order. */
export function createSender(parts: SenderParts): Sender {
  const { database, ledger, clients, route, now, log } = parts
  const working = new Map<string, Promise<void>>()
  const again = new Set<string>()
  const resting = new Map<string, NodeJS.Timeout>()
  const closing = new AbortController()
  const lanes = createLanes(LANES)

  async function empty(chat: ChatOf): Promise<void> {
    await clients.pump(chat.user_id)
    while (!closing.signal.aborted) {
      const row = ledger.head(chat, now())
      if (!row) return
      const rest = restOf(row, now())
      if (rest > 0) return restFor(chat, rest)
      const way = route(row)
      if (way.to === 'clients') await toClients(row)
      else if (way.to === 'bridge' && isLost(row, way.callback)) await tell(row)
      else if (way.to === 'bridge') await lanes.run(way.callback.channel, () => toBridge(row, way))
      else await toInbox(row, way.to === 'push')
    }
  }

  /** More than they can take at once waits until they have acknowledged some. */
  async function toClients(row: Row): Promise<void> {
    await clients.pump(row.user_id)
    await database.write(() => clients.has(row.user_id) && ledger.park(row, now()))
  }

  /** What a bridge may have that is not there any more is given up; all else waits for somebody; devices may be told. */
  async function toInbox(row: Row, isPushed: boolean): Promise<void> {
    const { state, via } = row
    const gone = {
      state: 'dead',
      repeated: 1,
      problem: `there is no bridge of the channel ${via} any more`,
    } as const
    await database.write(() => {
      if (isBound(row)) ledger.mark(row, gone, now())
      else if (state === 'sent' || isPushed) ledger.mark(row, { state, via }, now())
      else ledger.park(row, now())
      if (isPushed) parts.tellDevices(row)
    })
  }

  const tell = (row: Row): Promise<boolean> =>
    database.write(() => ledger.mark(row, { state: 'unknown', repeated: 1, problem: LOST }, now()))

  async function toBridge(row: Row, { callback, recipient }: Route & { to: 'bridge' }): Promise<void> {
    const repeated = row.via === 'clients' ? 1 : row.repeated
    const sent = { state: 'sent', via: callback.channel, attempts: row.attempts + 1, repeated } as const
    const taken = await database.write(() => ledger.mark(row, { ...sent, next_at: now() + LEASE }, now()))
    if (!taken) return
    const going: Row = { ...row, ...sent }
    const outcome = await parts.post(callback, recipient, going)
    const { id, user_id } = row
    log.info({ delivery: id, user: user_id, channel: callback.channel, outcome: outcome.kind }, 'delivery')
    await database.write(() => {
      if (outcome.kind === 'taken') ledger.acknowledge(id, now())
      else ledger.mark(going, markOf(going, outcome, { callback, wasBound: isBound(row), now: now() }), now())
    })
    if (outcome.kind !== 'taken') await clients.pump(user_id)
  }

  function restFor(chat: ChatOf, ms: number): void {
    const key = keyOf(chat)
    clearTimeout(resting.get(key))
    resting.set(key, setTimeout(() => start(chat), Math.min(ms, LONGEST_REST)).unref())
  }

  function start(chat: ChatOf): void {
    const key = keyOf(chat)
    if (closing.signal.aborted) return
    if (working.has(key)) return void again.add(key)
    clearTimeout(resting.get(key))
    resting.delete(key)
    working.set(key, lookAfter(chat, key))
  }

  /** What could not be stored is tried again; nothing of it is lost. */
  async function lookAfter(chat: ChatOf, key: string): Promise<void> {
    try {
      await empty(chat)
    } catch (error) {
      log.error({ err: error }, 'the outbox of a chat stands still')
      restFor(chat, LEASE)
    }
    working.delete(key)
    if (again.delete(key)) start(chat)
  }

  return {
    work: start,
    async close() {
      closing.abort()
      for (const timer of resting.values()) clearTimeout(timer)
      await Promise.all(working.values())
    },
  }
}

const keyOf = ({ user_id, partner }: ChatOf): string => JSON.stringify([user_id, partner])

/** A bridge may have it already, and nobody else is to get it. */
const isBound = ({ via }: Row): boolean => via !== null && via !== 'clients'

/** It was handed over, the outcome is not known, and this bridge must not get it again. */
const isLost = (row: Row, { idempotent }: Callback): boolean =>
  row.state === 'sent' && isBound(row) && !idempotent

/** How long until it is to be sent, in ms. What lies further off than any pause was set by a clock that was put back. */
function restOf({ next_at }: Row, now: number): number {
  const rest = (next_at ?? now) - now
  return rest > LONGEST_PAUSE ? 0 : rest
}

interface Attempt {
  readonly callback: Callback
  /** An earlier attempt may have reached the bridge. */
  readonly wasBound: boolean
  readonly now: number
}

function markOf(row: Row, outcome: Exclude<Outcome, { kind: 'taken' }>, attempt: Attempt): Mark {
  const { callback, wasBound, now } = attempt
  const { kind, problem } = outcome
  const mayHaveIt = kind === 'unsure' || wasBound
  if (kind === 'unsure' && !callback.idempotent) return { state: 'unknown', repeated: 1, problem }
  if (kind === 'refused' || row.attempts >= MAX_ATTEMPTS)
    return { state: 'dead', repeated: mayHaveIt ? 1 : row.repeated, problem }
  const pause = (kind === 'not_taken' && outcome.after) || pauseOf(row)
  const next_at = now + Math.min(pause, LONGEST_PAUSE)
  return { state: 'waiting', via: mayHaveIt ? callback.channel : null, problem, next_at }
}

/** Grows with each attempt; of the same length for the same attempt of a message, of another for another message. */
function pauseOf({ id, attempts }: Row): number {
  const spread = createHash('sha256').update(id).digest().readUInt8() / 255
  return Math.round(FIRST_PAUSE * 2 ** Math.min(attempts - 1, 12) * (0.75 + spread / 2))
}

/** So many at a time per name; the others wait in line. */
function createLanes(width: number): { run(name: string, work: () => Promise<void>): Promise<void> } {
  const busy = new Map<string, number>()
  const lines = new Map<string, (() => void)[]>()

  return {
    async run(name, work) {
      if ((busy.get(name) ?? 0) >= width)
        await new Promise<void>((enter) => lines.set(name, [...(lines.get(name) ?? []), enter]))
      else busy.set(name, (busy.get(name) ?? 0) + 1)
      try {
        await work()
      } finally {
        const next = lines.get(name)?.shift()
        if (next) next()
        else busy.set(name, (busy.get(name) ?? 1) - 1)
      }
    },
  }
}
