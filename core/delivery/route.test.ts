import { expect, test } from 'vitest'
import type { Row } from './ledger.ts'
import { routeOf, type RouteParts } from './route.ts'

const row: Row = {
  seq: 1,
  id: 'd1',
  user_id: 'alice',
  partner: 'system',
  channel: null,
  recipient: null,
  text: 'hello',
  format: 'plain',
  reason: null,
  late: 0,
  source_kind: 'job',
  source_id: 'job1',
  state: 'waiting',
  via: null,
  attempts: 0,
  repeated: 0,
  next_at: 0,
  problem: null,
  created_at: 0,
  changed_at: 0,
}

/** Alice was on WhatsApp last, and on Telegram before. */
const places: Record<string, string> = {
  '': 'whatsapp',
  'channel:whatsapp': 'whatsapp',
  'channel:telegram': 'telegram',
}
const world = (bridges: readonly string[], isConnected: boolean): RouteParts => ({
  chats: {
    lastChannel: (user, key = '') =>
      user === 'alice' && places[key]
        ? {
            channel: places[key],
            sender: `${places[key]}:42`,
            user_id: user,
            app_id: '',
            session_id: undefined,
            at: '',
          }
        : undefined,
  },
  callbacks: {
    get: (channel) =>
      bridges.includes(channel)
        ? { channel, callback_url: 'http://127.0.0.1/', idempotent: true, secret: '' }
        : undefined,
  },
  isConnected: () => isConnected,
})

const ALL = ['whatsapp', 'telegram']
const forTelegram = { channel: 'telegram', recipient: 'telegram:42' }

test.each<[string, Partial<Row>, readonly string[], boolean, string]>([
  ['anywhere, an app is open', {}, ALL, true, 'clients'],
  ['anywhere, no app is open', {}, ALL, false, 'whatsapp:42'],
  ['anywhere, no app and no bridge', {}, [], false, 'inbox'],
  ['anywhere, the bridge of another channel alone', {}, ['telegram'], false, 'inbox'],
  ['for one channel, though an app is open', forTelegram, ALL, true, 'telegram:42'],
  ['for one channel without a bridge, an app is open', forTelegram, ['whatsapp'], true, 'clients'],
  ['for one channel without a bridge, no app is open', forTelegram, ['whatsapp'], false, 'whatsapp:42'],
  [
    'shown by clients, who did not acknowledge in time',
    { state: 'sent', via: 'clients' },
    ALL,
    true,
    'whatsapp:42',
  ],
  ['shown by clients, and no bridge', { state: 'sent', via: 'clients' }, [], true, 'inbox'],
  ['a bridge may have it', { via: 'telegram', attempts: 1 }, ALL, true, 'telegram:42'],
  ['a bridge may have it that is gone', { via: 'telegram', attempts: 1 }, ['whatsapp'], true, 'inbox'],
  ['of somebody who never wrote', { user_id: 'bob' }, ALL, false, 'inbox'],
])('%s', (_case, fields, bridges, isConnected, expected) => {
  const route = routeOf(world(bridges, isConnected), { ...row, ...fields })
  expect(route.to === 'bridge' ? route.recipient : route.to).toBe(expected)
})
