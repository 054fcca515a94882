import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Migration, openDatabase } from '../database.ts'
import { createLog } from '../log.ts'
import type { Embedder } from './embedder.ts'
import { givenEmbedders, type OpenEmbedders } from './embedders/choose.ts'
import { createMemory, memoryMigrations } from './index.ts'
import type { NewMemory } from './memory.ts'

/** A memory on real files in a temporary folder, for tests. */
export function openTestMemory(
  options: {
    home?: string
    embedder?: Embedder | undefined
    embedders?: OpenEmbedders
    patience?: number
    further?: readonly Migration[]
  } = {},
) {
  const { home = mkdtempSync(join(tmpdir(), 'homeclaw-memory-')), further = [], embedder, ...given } = options
  const rest = embedder ? { ...given, embedders: givenEmbedders(embedder) } : given
  const database = openDatabase(join(home, 'core.db'), [...memoryMigrations, ...further])
  const folder = join(home, 'lancedb')
  const memory = createMemory({ database, folder, log: createLog('silent'), patience: 15_000, ...rest })
  return {
    home,
    folder,
    database,
    memory,
    async close() {
      await memory.close()
      database.close()
    },
    async remove() {
      await this.close()
      rmSync(home, { recursive: true, force: true })
    },
  }
}

let turns = 0

/** A memory of a turn of its own. */
export const said = (namespace: string, text: string, turn = `turn-${++turns}`): NewMemory => ({
  namespace,
  text,
  source: { kind: 'turn', id: turn },
})

/** Files that come and go meanwhile may be missing. */
export const filesIn = (folder: string): string[] =>
  existsSync(folder)
    ? readdirSync(folder, { recursive: true, encoding: 'utf8' })
        .map((name) => join(folder, name))
        .filter((file) => statSync(file, { throwIfNoEntry: false })?.isFile())
    : []

/** The files of a folder that hold these bytes. */
export const filesWith = (folder: string, bytes: Buffer | string): string[] =>
  filesIn(folder).filter((file) => readFileSync(file).includes(bytes))
