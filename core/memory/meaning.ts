import { setTimeout } from 'node:timers/promises'
import type { Embedders } from './embedders/choose.ts'
import type { Mirror } from './mirror.ts'
import type { Shelf } from './shelf.ts'
import type { Near } from './rows.ts'
import type { SpaceIndexes } from './space-indexes.ts'
import type { Spaces } from './spaces.ts'
import type { Vectors } from './vectors.ts'
import { piecesOf } from './words.ts'

/** Finds by meaning what lies near a question. */
export interface Meaning {
  /**
   * Memory → cosine, of the `limit` nearest pieces and of all `among`; undefined when the embedder understands nothing
   * of the question, or there is none. Waits for memories that are not indexed yet, `patience` ms at most.
   */
  nearest(
    namespace: number,
    question: string,
    options: { limit: number; among: readonly number[]; patience: number },
  ): Promise<Map<number, number> | undefined>
}

export function createMeaning({
  spaces,
  embedders,
  indexes,
  mirror,
  shelf,
  vectors,
}: {
  spaces: Spaces
  embedders: Embedders
  indexes: SpaceIndexes
  mirror: Mirror
  shelf: Shelf
  vectors: Vectors
}): Meaning {
  async function bringUpToDate(namespace: number, space: number, patience: number): Promise<void> {
    await mirror.ready({ namespace, space })
    const enough = setTimeout(patience, undefined, { ref: false })
    await Promise.race([indexes.catchUp(namespace), enough])
  }

  return {
    async nearest(namespace, question, { limit, among, patience }) {
      for (;;) {
        const space = spaces.ofNamespace(namespace)
        const embedder = space === undefined ? undefined : embedders.of(space)
        if (space === undefined || !embedder) return undefined
        const [piece = ''] = piecesOf(question)
        const [[vector]] = await Promise.all([
          embedder.embed([piece], 'question'),
          bringUpToDate(namespace, space, patience),
        ])
        if (!vector?.some((x) => x !== 0)) return undefined
        // Swapped meanwhile: the question has to be asked there again.
        if (spaces.ofNamespace(namespace) !== space) continue
        const place = { namespace, space }
        try {
          // The shelf first: what leaves it meanwhile is in the table then.
          const shelved = shelf.search(place, vector, { limit, among })
          const stored = await vectors.of(place).search(vector, { limit, among })
          return asMap(shelved.length > 0 ? best([...shelved, ...stored], limit, among) : stored)
        } catch (cause) {
          await mirror.rebuild(place, cause)
          throw cause
        }
      }
    },
  }
}

/** Of all these the `limit` nearest, and those of `among`. */
function best(near: readonly Near[], limit: number, among: readonly number[]): Near[] {
  const wanted = new Set(among)
  const nearest = near.toSorted((a, b) => b.similarity - a.similarity)
  return nearest.filter(({ memory }, at) => at < limit || wanted.has(memory))
}

const asMap = (near: readonly Near[]): Map<number, number> =>
  new Map(near.map(({ memory, similarity }) => [memory, similarity]))
