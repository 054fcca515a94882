import { spawnSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { inWords, testPlugin } from '#plugin-sdk/testing'

const hasPython = spawnSync('python3', ['--version']).status === 0

test.skipIf(!hasPython)('keeps the contract', async () => {
  expect(inWords(await testPlugin({ folder: import.meta.dirname }))).toContain('15 passed, 0 failed')
})
