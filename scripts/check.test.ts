import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { findCrossings } from './check/boundaries.ts'
import { findOversized } from './check/size.ts'

const repository = resolve(import.meta.dirname, '..')
let root: string

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'homeclaw-check-'))
})
afterEach(() => rm(root, { recursive: true, force: true }))

async function write(path: string, text: string): Promise<void> {
  await mkdir(dirname(join(root, path)), { recursive: true })
  await writeFile(join(root, path), text)
}

describe('boundaries', () => {
  it.each([
    ['core/turn.ts', `import { x } from '../external_plugins/friends/store.ts'`, 'core knows no plugin'],
    ['core/http/page.ts', `import type { X } from '../../channels/webchat/x.ts'`, 'core knows no plugin'],
    ['core/turn.test.ts', `import { x } from '#plugin-sdk'`, 'core knows no plugin'],
    ['core/contract/x.ts', `import { x } from '../errors.ts'`, 'the contract stands on zod'],
    ['core/contract/x.ts', `import { x } from 'yaml'`, 'the contract stands on zod'],
    ['core/turn.ts', `import { startCore } from './testing/core.ts'`, 'stays out of the product'],
    ['external_plugins/a/main.ts', `import { x } from '../../core/errors.ts'`, 'a plugin imports #contract'],
    ['external_plugins/a/deep/x.ts', `export * from '../../../core/log.ts'`, 'a plugin imports #contract'],
    ['external_plugins/a/main.ts', `import { x } from '../b/x.ts'`, 'a plugin imports #contract'],
    ['external_plugins/a/main.ts', `import { x } from '../sdk/serve.ts'`, 'a plugin imports #contract'],
    ['external_plugins/a/main.ts', `import { x } from '../../channels/bridge.ts'`, 'a plugin imports'],
    ['channels/a/main.ts', `import { x } from '../../core/database.ts'`, 'a channel imports #contract'],
    ['channels/a/main.ts', `import { x } from '../b/main.ts'`, 'a channel imports #contract'],
    ['channels/a/main.ts', `import { x } from '#plugin-sdk'`, 'a channel imports #contract'],
    ['core/chats/sqlite.ts', `import Sqlite from 'better-sqlite3'`, 'only core/{database,lock}.ts'],
    ['external_plugins/a/main.ts', `import Sqlite from 'better-sqlite3'`, 'only core/{database,lock}.ts'],
    [
      'core/turn.ts',
      `const lance = await import('@lancedb/lancedb')`,
      'only core/memory/lance/** may import',
    ],
    ['core/turn.ts', `import type { Table } from '@lancedb/lancedb'`, 'only core/memory/lance/** may import'],
    ['core/turn.ts', `import { Pool } from 'undici'`, 'may import undici'],
    ['external_plugins/a/main.ts', `import { Pool } from 'undici'`, 'may import undici'],
    ['core/http/x.ts', `import { spawn } from 'child_process'`, 'may import node:child_process'],
  ])('%s: %s', async (file, source, because) => {
    await write(file, `// a line before\n${source}\n`)
    const crossings = findCrossings(root)
    expect(crossings).toEqual([expect.stringContaining(because)])
    expect(crossings[0]?.startsWith(`${file}:2 imports `)).toBe(true)
  })

  it('lets through what the design allows', async () => {
    await write('core/main.ts', `import { x } from './memory/lance/calls.ts'\nimport './plugins/registry.ts'`)
    await write('core/chats/sqlite.ts', `import type { Database } from 'better-sqlite3'`)
    await write('core/database.ts', `import Sqlite from 'better-sqlite3'\nimport { x } from './errors.ts'`)
    await write('core/contract/x.ts', `import { z } from 'zod'\nimport { y } from './y.ts'`)
    await write('core/memory/lance/table.ts', `const lance = await import('@lancedb/lancedb')`)
    await write('core/plugins/supervisor.ts', `import { spawn } from 'node:child_process'`)
    await write('core/plugins/client.ts', `import { Pool } from 'undici'`)
    await write('core/turn.test.ts', `import { startCore } from './testing/core.ts'\nimport 'undici'`)
    await write('external_plugins/a/store.ts', `import Sqlite from 'better-sqlite3'`)
    await write('external_plugins/a/deep/x.ts', `import { x } from '../store.ts'`)
    await write(
      'external_plugins/a/main.ts',
      `import { x } from '#contract'\nimport { y } from '#plugin-sdk'`,
    )
    await write('channels/a/main.ts', `import { x } from '#contract'\nimport { y } from '../bridge.ts'`)
    expect(findCrossings(root)).toEqual([])
  })
})

describe('lint', () => {
  async function lint(): Promise<{ code: number; output: string }> {
    await cp(join(repository, '.oxlintrc.json'), join(root, '.oxlintrc.json'))
    const oxlint = join(repository, 'node_modules/oxlint/bin/oxlint')
    const child = spawn(process.execPath, [oxlint, '.'], { cwd: root })
    let output = ''
    child.stdout.on('data', (text) => (output += text))
    const [code] = await once(child, 'close')
    return { code, output }
  }

  it('finds a cycle, also one of types alone', async () => {
    await write('core/a.ts', `import type { B } from './b.ts'\nexport type A = { b: B }\n`)
    await write('core/b.ts', `import type { A } from './a.ts'\nexport type B = { a: A }\n`)
    expect(await lint()).toMatchObject({ code: 1, output: expect.stringContaining('no-cycle') })
  })

  it('lets main.ts read the environment, and nothing else in core', async () => {
    await write('core/main.ts', `export const home = process.env['HOME']\n`)
    expect(await lint()).toMatchObject({ code: 0 })
    await write('core/turn.ts', `export const home = process.env['HOME']\n`)
    expect(await lint()).toMatchObject({ code: 1, output: expect.stringContaining('core/turn.ts') })
  })
})

describe('size', () => {
  it('finds a file of more than 300 lines; tests and comments do not count', async () => {
    await write('core/long.ts', `// why\n\n/**\n * what\n */\n${'x\n'.repeat(301)}`)
    await write('core/long.test.ts', 'x\n'.repeat(900))
    expect(findOversized(root)).toEqual(['core/long.ts has 301 lines, 300 at most'])
  })
})
