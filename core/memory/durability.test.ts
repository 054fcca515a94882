import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { describe, expect, it } from 'vitest'
import { openTestMemory } from './testing.ts'

const urlOf = (path: string) => JSON.stringify(new URL(path, import.meta.url))

/** Adds as fast as it can and prints the number of each memory once `add` has resolved. */
const writer = (home: string) => `
  import { openDatabase } from ${urlOf('../database.ts')}
  import { createLog } from ${urlOf('../log.ts')}
  import { createMemory, memoryMigrations } from ${urlOf('./index.ts')}
  const home = ${JSON.stringify(home)}
  const database = openDatabase(home + '/core.db', memoryMigrations)
  const memory = createMemory({ database, folder: home + '/lancedb', log: createLog('silent') })
  const add = async (worker) => {
    for (let at = 0; ; at++) {
      const text = 'canary ' + worker + 'x' + at
      await memory.add({ namespace: 'a', text, source: { kind: 'turn', id: text } })
      process.stdout.write(text + '\\n')
    }
  }
  for (let worker = 0; worker < 8; worker++) add(worker)`

describe('durability', () => {
  it('has everything that was acknowledged before kill -9, once, and indexes it at the next start', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'homeclaw-memory-'))
    const child = spawn(process.execPath, ['--input-type=module', '--eval', writer(folder)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const acknowledged: string[] = []
    for await (const line of createInterface(child.stdout)) {
      acknowledged.push(line)
      if (acknowledged.length === 300) child.kill('SIGKILL')
    }
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')

    const home = openTestMemory({ home: folder })
    const stored = home.database.sql.prepare('select text from memory').pluck().all()
    expect(new Set(stored).size).toBe(stored.length)
    expect(acknowledged.filter((text) => !stored.includes(text))).toEqual([])
    const [found] = await home.memory.search({ namespace: 'a', text: '7x3', limit: 1 })
    expect(found?.memory).toBe('canary 7x3')
    await home.memory.indexed()
    expect(home.database.sql.prepare('select count(*) from memory where pieces is null').pluck().get()).toBe(
      0,
    )
    await home.remove()
  })
})
