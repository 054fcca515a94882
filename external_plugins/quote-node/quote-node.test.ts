import { expect, test } from 'vitest'
import { inWords, testPlugin } from '#plugin-sdk/testing'

test('keeps the contract', async () => {
  expect(inWords(await testPlugin({ folder: import.meta.dirname }))).toContain('15 passed, 0 failed')
})
