import { join } from 'node:path'
import { openDatabase } from '../../core/database.ts'
import { createLog } from '../../core/log.ts'
import type { Embedder } from '../../core/memory/embedder.ts'
import { givenEmbedders } from '../../core/memory/embedders/choose.ts'
import { createMemory, memoryMigrations } from '../../core/memory/index.ts'

/** The namespaces that are written to, one by each writer. */
export const NAMESPACES = ['a', 'b', 'c', 'd']

/** A memory on the files of `home`; with each `turn` another one of two embedders is wanted, so that all is rebuilt. */
export function openTwoSpaces(home: string, turn: number) {
  const [wanted, earlier] = turn % 2 === 0 ? [letters(8), letters(12)] : [letters(12), letters(8)]
  const database = openDatabase(join(home, 'core.db'), memoryMigrations)
  const folder = join(home, 'lancedb')
  const memory = createMemory({
    database,
    folder,
    log: createLog('silent'),
    embedders: givenEmbedders(wanted, earlier),
  })
  return {
    memory,
    database,
    folder,
    async close() {
      await memory.close()
      database.close()
    },
  }
}

/** How often each letter occurs. */
function letters(dimensions: number): Embedder {
  return {
    id: `letters ${dimensions}`,
    dimensions,
    embed: async (texts) =>
      texts.map((text) => {
        const vector = new Float32Array(dimensions)
        for (const letter of text) {
          const at = letter.charCodeAt(0) % dimensions
          vector[at] = (vector[at] ?? 0) + 1
        }
        const length = Math.hypot(...vector)
        return vector.map((x) => x / length)
      }),
    close: async () => undefined,
  }
}
