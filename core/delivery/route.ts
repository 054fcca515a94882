import type { Chats, LastChannel } from '../chats/chats.ts'
import type { Callback, Callbacks } from './callbacks.ts'
import type { Row } from './ledger.ts'

/** The way of one message to its person, as things are now. */
export type Route =
  | { readonly to: 'clients' }
  | { readonly to: 'bridge'; readonly callback: Callback; readonly recipient: string }
  /** Nobody is there; devices are told that it waits in the inbox. */
  | { readonly to: 'push' }
  /** Nobody is there; it waits in the inbox. */
  | { readonly to: 'inbox' }

export interface RouteParts {
  readonly chats: Pick<Chats, 'lastChannel'>
  readonly callbacks: Pick<Callbacks, 'get'>
  readonly isConnected: (userId: string) => boolean
  /** Whether the person has a device that is notified. */
  readonly hasDevice: (userId: string) => boolean
}

/**
 * A message for one place goes there. Any other goes to every connected client of its person, else to the bridge of
 * their last channel, else to the inbox, and to the devices that are notified of it. Clients that did not acknowledge in time are passed over.
 */
export function routeOf(parts: RouteParts, row: Row): Route {
  const { callbacks, isConnected } = parts
  if (row.via !== null && row.via !== 'clients')
    return bridge(callbacks.get(row.via), row.recipient ?? personOn(parts, row, row.via)?.sender)
  if (row.channel !== null) {
    const bound = bridge(callbacks.get(row.channel), row.recipient)
    if (bound.to === 'bridge') return bound
  }
  if (row.state === 'waiting' && isConnected(row.user_id)) return { to: 'clients' }
  return withoutClients(parts, row.user_id)
}

/** The bridge of the channel where the person was last, if it has one; else the inbox and devices, if there are any. */
export function withoutClients({ chats, callbacks, hasDevice }: RouteParts, userId: string): Route {
  const last = chats.lastChannel(userId)
  const way = bridge(last && callbacks.get(last.channel), last?.sender)
  return way.to === 'inbox' && hasDevice(userId) ? { to: 'push' } : way
}

const personOn = ({ chats }: RouteParts, { user_id }: Row, channel: string): LastChannel | undefined =>
  chats.lastChannel(user_id, `channel:${channel}`)

const bridge = (callback: Callback | undefined, recipient: string | null | undefined): Route =>
  callback && recipient ? { to: 'bridge', callback, recipient } : { to: 'inbox' }
