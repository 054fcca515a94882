import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { coreSecretOf, ownerKeyOf } from './secrets.ts'

let folder: string
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'homeclaw-secrets-'))))
afterEach(() => rmSync(folder, { recursive: true }))

test('the owner key is made once, for this user of the machine alone; a configured one goes before', () => {
  const key = ownerKeyOf(folder, '')
  expect(key).toMatch(/^[\w-]{43}$/)
  expect(ownerKeyOf(folder, '')).toBe(key)
  expect(statSync(join(folder, 'owner.key')).mode & 0o777).toBe(0o600)
  expect(ownerKeyOf(folder, 'mine')).toBe('mine')
})

test.each(['owner.key', 'core.secret'])('an empty %s is no secret', (name) => {
  writeFileSync(join(folder, name), ' \n')
  expect(ownerKeyOf(folder, '')).toMatch(/^[\w-]{43}$/)
  expect(coreSecretOf(folder)).toMatch(/^[\w-]{43}$/)
  expect(readFileSync(join(folder, name), 'utf8').trim()).toHaveLength(43)
})
