import type { InboxMessage, PushNote, PushSubscribed } from '#contract'
import type { Database } from '../../database.ts'
import type { Log } from '../../log.ts'
import type { Outbound } from '../../outbound.ts'
import type { VapidKeys } from '../../secrets.ts'
import { createPushReach } from './reach.ts'
import { createPushServices, type Outcome } from './service.ts'
import { createPushStore, type Note } from './store.ts'

/** Pauses between attempts double from this, in ms; after the last, the message only waits in the inbox: about an hour. */
const FIRST_PAUSE = 1_000
const MAX_ATTEMPTS = 12
const LONGEST_PAUSE = 60 * 60_000
/** How much of a text a notification shows, in characters. */
const SHOWN = 160

/** The devices of people that are notified. */
export interface PushDevices {
  readonly publicKey: string
  /** What is wrong with an address that a device names, in words behind "The address of …". */
  faultOf(endpoint: string): string | undefined
  /** Durable when it resolves. A device that notified somebody else notifies this person from now on. */
  subscribe(device: PushSubscribed): Promise<void>
  /** Chats that this person is told nothing of. */
  muted(userId: string): string[]
  /** Durable when it resolves. */
  mute(userId: string, partner: string, isMuted: boolean): Promise<void>
  /** @returns whether there was one */
  unsubscribe(userId: string, endpoint: string): Promise<boolean>
}

/** Web Push: tells devices that something waits in the inbox. It acknowledges nothing. */
export interface Push extends PushDevices {
  /** Whether this person has a device that is notified. */
  reaches(userId: string): boolean
  /** Each device of this person is told once of this message, unless its chat is muted. To be called inside a transaction. */
  tell(message: Pick<InboxMessage, 'id' | 'user_id' | 'partner'>): void
  /** To be called inside a transaction. */
  prune(): void
  start(): void
  close(): Promise<void>
}

export interface PushParts {
  readonly database: Database
  /** Undefined once it was acknowledged. */
  readonly openMessage: (id: string) => InboxMessage | undefined
  readonly unread: (userId: string) => number
  readonly keys: VapidKeys
  readonly outbound: Outbound
  readonly now: () => number
  readonly log: Log
}

export function createPush({ database, openMessage, unread, keys, outbound, now, log }: PushParts): Push {
  const store = createPushStore(database.sql)
  const reach = createPushReach(outbound)
  const services = createPushServices({ keys, reach })
  const working = new Map<number, Promise<void>>()
  const again = new Set<number>()
  const resting = new Map<number, NodeJS.Timeout>()
  const closing = new AbortController()
  let started = false

  function workOnAll(): void {
    if (started) for (const device of store.waiting()) workOn(device)
  }

  /** Devices side by side, so that a push service that hangs keeps up nobody else. */
  function workOn(device: number): void {
    if (closing.signal.aborted) return
    if (working.has(device)) return void again.add(device)
    clearTimeout(resting.get(device))
    resting.delete(device)
    working.set(device, lookAfter(device))
  }

  async function lookAfter(device: number): Promise<void> {
    try {
      await empty(device)
    } catch (error) {
      log.error({ err: error }, 'push: something could not be stored')
      restFor(device, LONGEST_PAUSE)
    }
    working.delete(device)
    if (again.delete(device)) workOn(device)
  }

  async function empty(device: number): Promise<void> {
    while (!closing.signal.aborted) {
      const note = store.next(device)
      if (!note) return
      if (note.next_at > now()) return restFor(device, note.next_at - now())
      await send(note)
    }
  }

  function restFor(device: number, ms: number): void {
    resting.set(device, setTimeout(() => workOn(device), Math.min(ms, LONGEST_PAUSE)).unref())
  }

  async function send(note: Note): Promise<void> {
    const [device, message] = [store.device(note.device), openMessage(note.message)]
    if (!device || !message) return database.write(() => store.mark(note, note.attempts, null))
    const outcome = await services.send(device, noteOf(message, unread(device.user_id)))
    if (closing.signal.aborted) return
    log.info({ delivery: note.message, user: device.user_id, device: device.id, outcome }, 'push')
    await database.write(() => {
      if (outcome.kind === 'gone') store.drop(device.id)
      else store.mark(note, note.attempts + 1, nextOf(note, outcome, now()))
    })
  }

  return {
    publicKey: keys.publicKey,
    faultOf: reach.faultOf,
    subscribe: (device) => database.write(() => store.add(device, now())),
    unsubscribe: (userId, endpoint) => database.write(() => store.end(userId, endpoint)),
    reaches: store.has,
    muted: store.muted,
    mute: (userId, partner, isMuted) =>
      database.write(() => (isMuted ? store.mute : store.unmute)(userId, partner)),
    tell({ id, user_id, partner }) {
      if (store.muted(user_id).includes(partner)) return
      store.note(user_id, id, now())
      queueMicrotask(workOnAll)
    },
    prune: store.prune,
    start() {
      started = true
      workOnAll()
    },
    async close() {
      closing.abort()
      for (const timer of resting.values()) clearTimeout(timer)
      await services.close()
      await Promise.all(working.values())
    },
  }
}

/** When to try again; null when there is nothing more to try. */
function nextOf({ attempts }: Note, outcome: Outcome, now: number): number | null {
  if (outcome.kind !== 'not_taken' || attempts + 1 >= MAX_ATTEMPTS) return null
  return now + Math.min(outcome.after ?? FIRST_PAUSE * 2 ** attempts, LONGEST_PAUSE)
}

const noteOf = ({ id, user_id, partner, from_friend, text }: InboxMessage, unread: number): PushNote => ({
  id,
  user_id,
  partner,
  title: from_friend,
  text: shortened(text),
  unread,
})

function shortened(text: string): string {
  const letters = Array.from(text.slice(0, SHOWN * 4))
  return letters.length > SHOWN ? `${letters.slice(0, SHOWN - 1).join('')}…` : letters.join('')
}
