import { describe, expect, test } from 'vitest'
import { parseConfig } from '../config/load.ts'
import type { Caller } from '../http/env.ts'
import {
  assertMayDeliver,
  grantMissing,
  mayDeliver,
  maySchedule,
  mayUseModel,
  mayUseNamespace,
} from './rights.ts'

const { core } = parseConfig(
  {
    core: `
companions: [{ id: friend, plugin_id: friends }, { id: coach, plugin_id: coach, session_id_value: coach }]
plugins:
  friends: { memory: [own, alice], model: true, deliver: true }
  coach: { memory: [own], model: { calls_per_day: 3 }, schedule: true }
  notes: { memory: [users] }`,
    users: '',
  },
  {},
)

test.each([
  ['friends', 'companion_friend', true],
  ['friends', 'alice', true],
  ['friends', 'companion', false],
  ['friends', 'companion_friend:coach', false],
  ['coach', 'companion_friend:coach', true],
  ['coach', 'companion_friend', false],
  ['coach', 'alice', false],
  ['friends', 'own', false],
  ['coach', 'own', false],
  ['constructor', 'alice', false],
  ['__proto__', 'alice', false],
  ['notes', 'users', false],
  ['notes', 'alice', false],
])('the plugin %s and the memories of %s: %s', (plugin_id, namespace, may) => {
  expect(mayUseNamespace({ kind: 'plugin', plugin_id }, namespace, core)).toBe(may)
})

const plugin = (plugin_id: string): Caller => ({ kind: 'plugin', plugin_id })

describe('a plugin that was granted the memories of users', () => {
  test.each([
    ['notes', 'alice', 'alice', true],
    ['notes', 'bert', 'alice', false],
    ['notes', 'alice', undefined, false],
    ['coach', 'alice', 'alice', false],
    ['nobody', 'alice', 'alice', false],
  ])('%s and the memories of %s while it answers %s: %s', (id, namespace, served, may) => {
    expect(mayUseNamespace(plugin(id), namespace, core, served)).toBe(may)
  })
})

test.each([
  ['friends', { model: true, deliver: true, foreign: false, schedule: false }],
  ['coach', { model: true, deliver: false, foreign: false, schedule: true }],
  ['notes', { model: false, deliver: false, foreign: false, schedule: false }],
  ['constructor', { model: false, deliver: false, foreign: false, schedule: false }],
  ['__proto__', { model: false, deliver: false, foreign: false, schedule: false }],
])('%s may %j', (id, may) => {
  const [own, other] = id === 'coach' ? ['coach', 'friend'] : ['friend', 'coach']
  expect({
    model: mayUseModel(plugin(id), core),
    deliver: mayDeliver(plugin(id), own, core),
    foreign: mayDeliver(plugin(id), other, core),
    schedule: maySchedule(plugin(id), core),
  }).toEqual(may)
})

test.each<[Caller, boolean]>([
  [{ kind: 'owner' }, true],
  [{ kind: 'user', user_id: 'alice' }, false],
  [{ kind: 'channel', channel: 'telegram' }, false],
])('%j has every right of a plugin: %s', (caller, may) => {
  expect(mayUseNamespace(caller, 'alice', core)).toBe(may)
  expect(mayUseModel(caller, core)).toBe(may)
  expect(mayDeliver(caller, 'friend', core)).toBe(may)
  expect(maySchedule(caller, core)).toBe(may)
})

test('a refusal names the grant to add', () => {
  expect(() => assertMayDeliver(plugin('coach'), 'coach', core)).toThrow('plugins.coach.deliver: true')
  expect(() => assertMayDeliver(plugin('friends'), 'system', core)).toThrow('as its own companions only')
  const refused = grantMissing(plugin('coach'), 'write to people by itself', 'deliver: true')
  expect(refused).toMatchObject({ code: 'grant_missing', status: 403 })
  expect(refused.message).toContain('plugins.coach.deliver: true')
  expect(grantMissing({ kind: 'user', user_id: 'a' }, 'do it', 'x').code).toBe('not_allowed')
})
