import { expect, test } from 'vitest'
import { parseConfig } from '../config/load.ts'
import { mayUseNamespace } from './rights.ts'

const { core } = parseConfig(
  {
    core: `
companions: [{ id: friend, plugin_id: friends }, { id: coach, plugin_id: coach, session_id_value: coach }]
plugins: { friends: { memory: [own, alice] }, coach: { memory: [own] } }`,
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
])('the plugin %s and the memories of %s: %s', (plugin_id, namespace, may) => {
  expect(mayUseNamespace({ kind: 'plugin', plugin_id }, namespace, core)).toBe(may)
})
