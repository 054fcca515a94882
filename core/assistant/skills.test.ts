import { describe, expect, test } from 'vitest'
import { capability, type PluginEntry } from '#contract'
import { parseConfig } from '../config/load.ts'
import { nearest, skillsOf } from './skills.ts'

const { core: config } = parseConfig(
  {
    core: 'companions: [{ id: friend, plugin_id: friends }]\nplugins: { friends: {}, off: { enabled: false } }',
    users: '',
  },
  {},
)

const entry = (plugin_id: string, more: Partial<PluginEntry> = {}): PluginEntry => ({
  plugin_id,
  name: plugin_id,
  description: 'Does things',
  state: 'ready',
  capabilities: [],
  may: { memory: [], model: false, deliver: false, schedule: false },
  model_use: { calls: 0, tokens: 0 },
  mode: 'hand',
  ...more,
})
const capabilities = (...ids: string[]) => ids.map((id) => capability.parse({ id, name: `Do ${id}` }))
const namesOf = (...plugins: PluginEntry[]): string[] =>
  skillsOf(plugins, config).map(({ tool }) => tool.function.name)

describe('the tools of plugins', () => {
  test('are those of enabled plugins, without chat', () => {
    expect(
      namesOf(
        entry('friends'),
        entry('off', { capabilities: capabilities('a') }),
        entry('clock', { capabilities: capabilities('chat', 'nudge', 'get-time') }),
        entry('plain'),
        entry('constructor', { capabilities: capabilities('b') }),
      ),
    ).toEqual(['clock__get_time', 'plain__ask', 'constructor__b'])
  })

  test('have names that every endpoint takes, each its own', () => {
    const names = namesOf(
      entry('a.b', { capabilities: capabilities('zeit·holen', 'x'.repeat(200)) }),
      entry('a', { capabilities: capabilities('b__c', 'same', 'Same') }),
      entry('a__b', { capabilities: capabilities('c') }),
    )
    expect(names).toHaveLength(5)
    expect(new Set(names).size).toBe(5)
    for (const name of names) expect(name).toMatch(/^[\w-]{1,64}$/)
  })

  test('are up while their plugin is', () => {
    const up = (state: PluginEntry['state']) =>
      skillsOf([entry('clock', { state, capabilities: capabilities('a') })], config)[0]?.up
    expect((['ready', 'degraded', 'starting', 'offline', 'failed'] as const).map(up)).toEqual([
      true,
      true,
      false,
      false,
      false,
    ])
  })
})

test('the nearest speak of what was said, and rare words count most', () => {
  const skills = skillsOf(
    [
      entry('mail', { capabilities: capabilities('send message', 'read message', 'delete message') }),
      entry('radio', { capabilities: capabilities('play music', 'stop music') }),
    ],
    config,
  )
  const names = (said: string) => nearest(skills, said, 2).map(({ capability }) => capability.id)
  expect(names('please delete that message')[0]).toBe('delete_message')
  expect(names('stop the music now')[0]).toBe('stop_music')
  expect(nearest(skills, '', 2)).toHaveLength(2)
})
