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
import { createPush } from './push/push.ts'
import type { VapidKeys } from '../secrets.ts'
import { routeOf, withoutClients } from './route.ts'
import { createSender } from './sender.ts'
import { createWebhooks } from './webhook.ts'

/** How long clients have to acknowledge before the bridge of the person's last channel or a push is tried, in ms. */
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
  /** What push services know this Core by. */
  readonly pushKeys: VapidKeys
  readonly now: () => number
  readonly log: Log
}

/** The outbox, and whatever empties it: connected clients, bridges, the inbox. Nothing is sent before `start`. */
export function createDelivery(parts: DeliveryParts): Delivery {
  const { database, chats, nameOf, outbound, pushKeys, now, log } = parts
  const { sql } = database
  const ledger = createLedger(sql)
  const callbacks = createCallbacks(database, now)
  const webhooks = createWebhooks({ now, outbound })
  const toMessage = toMessageOf(nameOf)
  const push = createPush({
    database,
    openMessage: (id) => {
      const row = ledger.get(id)
      return row && row.state !== 'acknowledged' ? toMessage(row) : undefined
    },
    unread: ledger.unread,
    keys: pushKeys,
    outbound,
    now,
    log,
  })
  const isConnected = (userId: string): boolean => clients.has(userId)
  /** What fails to be stored is still there, and comes with the next occasion. */
  const inBackground = (work: Promise<unknown>): void =>
    void work.catch((error: unknown) => log.error({ err: error }, 'delivery: something could not be stored'))
  const routing = { chats, callbacks, isConnected, hasDevice: push.reaches }
  const clients = createClients({
    database,
    ledger,
    toMessage,
    patience: (userId) => (withoutClients(routing, userId).to === 'inbox' ? undefined : now() + PATIENCE),
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
    tellDevices: push.tell,
    now,
    log,
  })
  let started = false
  const timer = setInterval(() => inBackground(database.write(prune)), PRUNE_EVERY).unref()

  function prune(): void {
    ledger.prune(now() - KEPT, PRUNE_MOST)
    push.prune()
  }

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
    push,
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
      push.start()
      await resume(() => ledger.recover(now(), now() + PATIENCE))
    },
    async close() {
      clearInterval(timer)
      await webhooks.close()
      await sender.close()
      await push.close()
    },
  }
}
