import type { Chats } from '../chats/chats.ts'
import type { Database } from '../database.ts'
import type { Log } from '../log.ts'
import type { Outbound } from '../outbound.ts'
import { createCallbacks } from './callbacks.ts'
import { createClients } from './clients.ts'
import type { Delivery } from './delivery.ts'
import { createEnqueue } from './enqueue.ts'
import { createInbox, toMessageOf } from './inbox.ts'
import { createLedger } from './ledger.ts'
import { routeOf, toLastChannel } from './route.ts'
import { createSender } from './sender.ts'
import { createWebhooks } from './webhook.ts'

/** How long clients have to acknowledge before the bridge of the person's last channel is tried, in ms. */
const PATIENCE = 60_000
/** How long it is known that a message was acknowledged, in ms: for so long a repeated dedupe key adds nothing. */
const KEPT = 30 * 24 * 60 * 60_000
const PRUNE_EVERY = 60 * 60_000
const PRUNE_MOST = 1_000

export interface DeliveryParts {
  readonly database: Database
  readonly chats: Pick<Chats, 'say' | 'lastChannel' | 'textOf'>
  /** The name of System or of a companion. */
  readonly nameOf: (partner: string) => string
  /** Where bridges may be. */
  readonly outbound: Outbound
  readonly now: () => number
  readonly log: Log
}

/** The outbox, and whatever empties it: connected clients, bridges, the inbox. Nothing is sent before `start`. */
export function createDelivery({ database, chats, nameOf, outbound, now, log }: DeliveryParts): Delivery {
  const { sql } = database
  const ledger = createLedger(sql)
  const callbacks = createCallbacks(database, now)
  const webhooks = createWebhooks({ now, outbound })
  const toMessage = toMessageOf(nameOf)
  const isConnected = (userId: string): boolean => clients.has(userId)
  /** What fails to be stored is still there, and comes with the next occasion. */
  const inBackground = (work: Promise<unknown>): void =>
    void work.catch((error: unknown) => log.error({ err: error }, 'delivery: something could not be stored'))
  const routing = { chats, callbacks, isConnected }
  const clients = createClients({
    database,
    ledger,
    toMessage,
    patience: (userId) => (toLastChannel(routing, userId).to === 'bridge' ? now() + PATIENCE : undefined),
    onSent: (rows) => rows.forEach((row) => sender.work(row)),
    onGone: (userId) => inBackground(resume(() => ledger.wakeOf(userId, now()))),
    inBackground,
    now,
  })
  const sender = createSender({
    database,
    ledger,
    clients,
    route: (row) => routeOf(routing, row),
    post: (callback, recipient, row) =>
      webhooks.send(callback, {
        type: 'message',
        channel: callback.channel,
        to: recipient,
        ...toMessage(row),
      }),
    now,
    log,
  })
  let started = false
  const timer = setInterval(
    () => inBackground(database.write(() => ledger.prune(now() - KEPT, PRUNE_MOST))),
    PRUNE_EVERY,
  ).unref()

  /** After this change, whatever has a set time is looked at. */
  async function resume(change: () => void): Promise<void> {
    await database.write(change)
    for (const chat of ledger.chats()) sender.work(chat)
  }

  return {
    enqueue: createEnqueue({
      sql,
      chats,
      now,
      wake: (user_id, partner) => started && sender.work({ user_id, partner }),
    }),
    ...createInbox({ database, ledger, clients, chats, toMessage, work: sender.work, inBackground, now }),
    channels: {
      list: callbacks.list,
      async register(callback) {
        const registered = await callbacks.register(callback)
        await resume(() => ledger.wakeFor(callback.channel, now()))
        return registered
      },
      remove: callbacks.remove,
    },
    async start() {
      started = true
      await resume(() => ledger.recover(now(), now() + PATIENCE))
    },
    async close() {
      clearInterval(timer)
      await webhooks.close()
      await sender.close()
    },
  }
}
