import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseConfig } from '../config/load.ts'
import type { Config } from '../config/schema.ts'
import { createUsers } from './identify.ts'

const configOf = (users: unknown): Config => parseConfig({ core: '', users: JSON.stringify({ users }) }, {})
const usersOf = (...users: unknown[]) => createUsers(() => configs(users))
const cache = new WeakMap<object, Config>()
const configs = (users: unknown[]): Config => {
  const config = cache.get(users) ?? configOf(users)
  cache.set(users, config)
  return config
}
const house = usersOf(
  { id: 'me', name: 'Me' },
  {
    id: 'maya',
    name: 'Maya',
    im: ['telegram:42', 'whatsapp_web_7'],
    email: ['Maya@Example.org'],
    phone: ['+49 170/123'],
  },
  { id: 'A', name: 'Big' },
  {
    id: 'a',
    name: 'small',
    im: ['signal:x'],
    permissions: ['EMAIL', 'SMS'],
    email: ['a@b'],
    phone: ['0049 5'.padEnd(12, '1')],
  },
)
const who = (channel_name: string, user_id: string) => house.identify({ channel_name, user_id }).id

describe('who a message is from', () => {
  test.each([
    ['companion', 'companion', 'companion'],
    ['webchat', 'System', 'companion'],
    ['companion', 'me', 'me'],
    ['webhook', 'A', 'A'],
    ['telegram', '42', 'maya'],
    ['telegram', 'telegram:42', 'maya'],
    ['Telegram', 'telegram_42', 'maya'],
    ['webhook', 'telegram_42', 'maya'],
    ['webhook', 'telegram:42', 'maya'],
    ['whatsapp_web', '7', 'maya'],
    ['email', ' maya@EXAMPLE.org', 'maya'],
    ['email', 'email:maya@example.org', 'maya'],
    ['sms', '0049170123', 'maya'],
    ['phone', '+49 (170) 123', 'maya'],
    ['call', 'call_49170123', 'maya'],
    ['email', 'a@b', 'a'],
  ])('%s %s is %s', (channel, sender, id) => {
    expect(who(channel, sender)).toBe(id)
  })

  test.each([
    ['telegram', '4'],
    ['signal', '42'],
    ['telegram', ''],
    ['webhook', 'Me'],
    ['webhook', 'MAYA'],
    ['sms', 'X49170123'],
    ['discord', 'maya@example.org'],
    ['email', '@'],
    ['sms', ''],
    ['webhook', '__proto__'],
    ['webhook', 'constructor'],
  ])('%s %j is nobody: empty lists match no one', (channel, sender) => {
    expect(() => who(channel, sender)).toThrow(
      expect.objectContaining({ code: 'sender_unknown', status: 403 }),
    )
  })

  test('a look-alike is not the person', () => {
    const users = usersOf({ name: 'Kim', im: ['irc:kim'] })
    expect(users.identify({ channel_name: 'irc', user_id: 'KIM' }).id).toBe('Kim')
    expect(() => users.identify({ channel_name: 'irc', user_id: '\u212Aim' })).toThrow('not known')
  })

  test('a sender whose id looks like the rest of another channel is not taken for it', () => {
    const users = usersOf({ name: 'Kim', im: ['whatsapp_web:7'] })
    expect(() => users.identify({ channel_name: 'whatsapp', user_id: 'web_7' })).toThrow('not known')
  })

  test('the refusal names the identity as the owner can add it', () => {
    expect(() => who('telegram', '99')).toThrow('The sender "telegram:99" is not known here')
  })

  test('permissions hold for the kind of channel; none = all', () => {
    expect(who('sms', '+495111111')).toBe('a')
    expect(() => who('webchat', 'a')).toThrow(expect.objectContaining({ code: 'sender_not_permitted' }))
    expect(() => who('signal', 'x')).toThrow('"a" may not write through the channel "signal"')
    for (const channel of ['webchat', 'companion', 'email', 'sms', 'call'])
      expect(who(channel, 'me')).toBe('me')
  })

  test('the name of user.yml wins; the companion has the name that was sent', () => {
    const sent = { channel_name: 'companion', user_name: 'Someone' }
    expect(house.identify({ ...sent, user_id: 'me' }).name).toBe('Me')
    expect(house.identify({ ...sent, user_id: 'companion' })).toEqual({
      kind: 'companion',
      id: 'companion',
      name: 'Someone',
    })
  })
})

test('a changed configuration is seen by the next message', () => {
  let config = configOf([{ name: 'A', im: ['t:1'] }])
  const users = createUsers(() => config)
  expect(users.identify({ channel_name: 't', user_id: '1' }).id).toBe('A')
  config = configOf([{ name: 'B', im: ['t:1'] }])
  expect(users.identify({ channel_name: 't', user_id: '1' }).id).toBe('B')
  expect(users.get('A')).toBeUndefined()
  expect(users.list()).toHaveLength(1)
})

const valid = (users: unknown[]): Config | undefined => {
  try {
    return configOf(users)
  } catch {
    return undefined
  }
}

describe('two people never match each other', () => {
  const hostile = fc.oneof(
    fc.constantFrom(
      'a',
      'A',
      'a/b',
      '../a',
      't:a',
      't_a',
      'T_A',
      'tt_a',
      '__proto__',
      'a_',
      '+49170',
      '49170',
      'x@y',
      'X@Y',
    ),
    fc.string({
      minLength: 1,
      maxLength: 6,
      unit: fc.constantFrom('a', 'A', 't', ':', '_', '1', '2', '+', '0', '@', 'é', 'K'),
    }),
  )
  const lists = {
    im: fc.array(
      hostile.map((sender) => `t:${sender}`),
      { maxLength: 2 },
    ),
    phone: fc.array(fc.constantFrom('+49170', '0049170', '170', '+1 70'), { maxLength: 1 }),
    email: fc.array(fc.constantFrom('x@y', 'X@Y', 'a@b'), { maxLength: 1 }),
  }
  const person = fc.record({ id: hostile, name: hostile, ...lists })
  test('whatever their ids and identities are, as long as the configuration is accepted', () => {
    let accepted = 0
    fc.assert(
      fc.property(person, person, (first, second) => {
        const config = valid([first, second])
        if (!config) return
        accepted++
        const users = createUsers(() => config)
        for (const user of config.users) {
          const senders = [
            ['webhook', user.id],
            ['t', user.id],
            ...user.im.flatMap((entry) => [
              ['webhook', entry],
              ['t', entry.slice(2)],
              ['t', entry.replace(':', '_')],
            ]),
            ...user.email.map((address) => ['email', address]),
            ...user.phone.flatMap((number) => [
              ['sms', number],
              ['call', number],
            ]),
          ]
          for (const [channel_name = '', user_id = ''] of senders) {
            expect(users.identify({ channel_name, user_id }).id).toBe(user.id)
          }
        }
      }),
      { numRuns: 1_000 },
    )
    expect(accepted).toBeGreaterThan(100)
  })
})
