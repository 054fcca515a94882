import { expect, test } from 'vitest'
import { ask, inWords, testPlugin } from '#plugin-sdk/testing'
import { plugin } from './plugin.ts'

test('greets', async () => {
  expect(await ask(plugin, { user_name: 'Maya' })).toMatchObject({ success: true, text: 'Hello, Maya!' })
  expect(await ask(plugin, { capability_parameters: { who: 'Bob' } })).toMatchObject({ text: 'Hello, Bob!' })
})

test('keeps the contract', async () => {
  const report = await testPlugin({ folder: import.meta.dirname })
  expect(inWords(report)).toContain(' 0 failed')
})
