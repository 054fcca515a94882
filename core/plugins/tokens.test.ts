import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Database, openDatabase } from '../database.ts'
import { pluginMigrations } from './create.ts'
import { createTokens } from './tokens.ts'

let home: string
let database: Database
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'homeclaw-tokens-'))
  database = openDatabase(join(home, 'core.db'), pluginMigrations)
})
afterEach(() => {
  database.close()
  rmSync(home, { recursive: true })
})

describe('plugin tokens', () => {
  it('name their plugin, and only that one', async () => {
    const tokens = createTokens({ database, secret: 's' })
    const [friends, coach] = [await tokens.issue('friends'), await tokens.issue('coach.v2')]
    expect(tokens.authenticate(friends)).toBe('friends')
    expect(tokens.authenticate(coach)).toBe('coach.v2')
    const mac = friends.slice(friends.lastIndexOf('.') + 1)
    for (const forged of [
      `coach.v2.${mac}`,
      `nobody.${mac}`,
      `friends.${mac.slice(1)}`,
      `friends.${mac}A`,
      'friends.',
      'friends',
      '.',
      '',
      `constructor.${mac}`,
      `__proto__.${mac}`,
      `friends.${'ü'.repeat(43)}`,
    ])
      expect([forged, tokens.authenticate(forged)]).toEqual([forged, undefined])
  })

  it('refuse every earlier token at once', async () => {
    const tokens = createTokens({ database, secret: 's' })
    const old = await tokens.issue('friends')
    const current = await tokens.issue('friends')
    expect(tokens.authenticate(old)).toBeUndefined()
    expect(tokens.authenticate(current)).toBe('friends')
    await tokens.revoke('friends')
    expect(tokens.authenticate(current)).toBeUndefined()
    expect(createTokens({ database, secret: 's' }).authenticate(current)).toBeUndefined()
  })

  it('survive a restart, and not another secret', async () => {
    const token = await createTokens({ database, secret: 's' }).issue('friends')
    expect(createTokens({ database, secret: 's' }).authenticate(token)).toBe('friends')
    expect(createTokens({ database, secret: 'other' }).authenticate(token)).toBeUndefined()
  })

  it('are nowhere on disk', async () => {
    const token = await createTokens({ database, secret: 's' }).issue('friends')
    const mac = token.slice('friends.'.length)
    for (const file of ['core.db', 'core.db-wal'])
      expect(readFileSync(join(home, file)).includes(mac)).toBe(false)
  })
})
