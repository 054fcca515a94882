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
const world = (bridges: readonly string[], isConnected: boolean, hasDevice: boolean): RouteParts => ({
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
  hasDevice: () => hasDevice,
})

const ALL = ['whatsapp', 'telegram']
const forTelegram = { channel: 'telegram', recipient: 'telegram:42' }

interface Case {
  readonly message: string
  readonly fields?: Partial<Row>
  readonly bridges: readonly string[]
  readonly isConnected: boolean
  readonly hasDevice?: true
  readonly to: string
}
const shown = { state: 'sent', via: 'clients' } as const
const tried = { via: 'telegram', attempts: 1 }

test.each<Case>([
  { message: 'for anywhere', bridges: ALL, isConnected: true, to: 'clients' },
  { message: 'for anywhere', bridges: ALL, isConnected: false, to: 'whatsapp:42' },
  { message: 'for anywhere', bridges: [], isConnected: false, to: 'inbox' },
  { message: 'for anywhere', bridges: ['telegram'], isConnected: false, to: 'inbox' },
  { message: 'for Telegram', fields: forTelegram, bridges: ALL, isConnected: true, to: 'telegram:42' },
  { message: 'for Telegram', fields: forTelegram, bridges: ['whatsapp'], isConnected: true, to: 'clients' },
  {
    message: 'for Telegram',
    fields: forTelegram,
    bridges: ['whatsapp'],
    isConnected: false,
    to: 'whatsapp:42',
  },
  {
    message: 'shown, not acknowledged in time',
    fields: shown,
    bridges: ALL,
    isConnected: true,
    to: 'whatsapp:42',
  },
  { message: 'shown, not acknowledged in time', fields: shown, bridges: [], isConnected: true, to: 'inbox' },
  { message: 'perhaps on Telegram', fields: tried, bridges: ALL, isConnected: true, to: 'telegram:42' },
  { message: 'perhaps on Telegram', fields: tried, bridges: ['whatsapp'], isConnected: true, to: 'inbox' },
  { message: 'for anywhere', bridges: [], isConnected: true, hasDevice: true, to: 'clients' },
  { message: 'for anywhere', bridges: ALL, isConnected: false, hasDevice: true, to: 'whatsapp:42' },
  { message: 'for anywhere', bridges: [], isConnected: false, hasDevice: true, to: 'push' },
  {
    message: 'shown, not acknowledged in time',
    fields: shown,
    bridges: [],
    isConnected: true,
    hasDevice: true,
    to: 'push',
  },
  {
    message: 'perhaps on Telegram',
    fields: tried,
    bridges: [],
    isConnected: false,
    hasDevice: true,
    to: 'inbox',
  },
  { message: 'of another person', fields: { user_id: 'bob' }, bridges: ALL, isConnected: false, to: 'inbox' },
])(
  '$message, bridges $bridges, app open $isConnected, device $hasDevice: $to',
  ({ fields, bridges, isConnected, hasDevice = false, to }) => {
    const route = routeOf(world(bridges, isConnected, hasDevice), { ...row, ...fields })
    expect(route.to === 'bridge' ? route.recipient : route.to).toBe(to)
  },
)
