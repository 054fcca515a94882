import { expect, test } from 'vitest'
import { ask, inWords, testPlugin } from '#plugin-sdk/testing'
import { dice } from './dice.ts'

test('throws as many dice as it is asked for', async () => {
  expect((await ask(dice, {})).text).toMatch(/^It is a [1-6]\.$/)
  const { text } = await ask(dice, { capability_parameters: { count: '3', sides: 20 } })
  expect(text).toMatch(/^\d+ \+ \d+ \+ \d+ = \d+$/)
  expect(await ask(dice, { capability_parameters: { sides: 1 } })).toMatchObject({ success: false })
})

test('keeps the contract', async () => {
  expect(inWords(await testPlugin({ folder: import.meta.dirname }))).toContain('15 passed, 0 failed')
})
