import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'

const urlOf = (path: string) => JSON.stringify(new URL(path, import.meta.url))

/** Opens an empty memory, adds to it, searches, indexes; prints after each step which of the heavy packages are loaded. */
const program = (home: string) => `
  import Module from 'node:module'
  import { openDatabase } from ${urlOf('../database.ts')}
  import { createLog } from ${urlOf('../log.ts')}
  import { createMemory, memoryMigrations } from ${urlOf('./index.ts')}
  const heavy = () => ['@lancedb', 'apache-arrow', '@energetic-ai'].filter((name) =>
    Object.keys(Module._cache).some((file) => file.includes('node_modules/' + name)))
  const home = ${JSON.stringify(home)}
  const database = openDatabase(home + '/core.db', memoryMigrations)
  const memory = createMemory({ database, folder: home + '/lancedb', log: createLog('silent'), patience: 15000 })
  await memory.indexed()
  await memory.search({ namespace: 'a', text: 'tea', limit: 1 })
  const opened = heavy()
  await memory.add({ namespace: 'a', text: 'I like tea.', source: { kind: 'turn', id: '1' } })
  const added = heavy()
  await memory.search({ namespace: 'a', text: 'tea', limit: 1 })
  const searched = heavy()
  await memory.indexed()
  console.log(JSON.stringify({ opened, added, searched, indexed: heavy() }))
  await memory.close()
  database.close()`

describe('what is loaded', () => {
  it('is nothing heavy: LanceDB and the embedder are in processes of their own', () => {
    const home = mkdtempSync(join(tmpdir(), 'homeclaw-memory-'))
    const out = execFileSync(process.execPath, ['--input-type=module', '--eval', program(home)], {
      encoding: 'utf8',
    })
    rmSync(home, { recursive: true, force: true })
    expect(JSON.parse(out)).toEqual({ opened: [], added: [], searched: [], indexed: [] })
  })
})
