import type { Log } from '../log.ts'
import type { Embedders } from './embedders/choose.ts'
import type { IndexState } from './index-state.ts'
import { createIndexer, type Indexer, type Work } from './indexer.ts'
import type { Mirror } from './mirror.ts'
import type { Moves } from './moves.ts'
import type { RebuildState } from './rebuild-state.ts'
import type { Shelf } from './shelf.ts'
import type { Spaces } from './spaces.ts'

/** Keeps every namespace indexed in its space, and brings it into the one that is wanted. */
export interface SpaceIndexes {
  /** Something was added. */
  wake(): void
  /** Something was lost, or is wanted in another space. */
  wakeAll(): void
  /** See `Indexer`; of all namespaces and of what is rebuilt when none is given. */
  catchUp(namespace?: number): Promise<void>
  close(): Promise<void>
}

interface Parts {
  readonly state: IndexState
  readonly rebuilds: RebuildState
  readonly spaces: Spaces
  readonly embedders: Embedders
  readonly mirror: Mirror
  readonly shelf: Shelf
  readonly moves: Moves
  readonly log: Log
}

export function createSpaceIndexes(parts: Parts): SpaceIndexes {
  const { state, spaces, shelf, log } = parts
  const indexers = new Map<number, Indexer>()
  const rebuilder = createIndexer(
    rebuilding(parts, () => wake()),
    log,
  )

  function indexerOf(space: number): Indexer {
    const known = indexers.get(space)
    if (known) return known
    const indexer = createIndexer(indexing(space, parts), log)
    indexers.set(space, indexer)
    return indexer
  }

  const wake = (): void => indexers.forEach((indexer) => indexer.wake())

  function wakeAll(): void {
    const wanted = spaces.wanted()
    for (const space of [...state.spaces(), ...(wanted ? [wanted.id] : [])]) indexerOf(space)
    wake()
    rebuilder.wake()
  }

  return {
    wake,
    wakeAll,
    async catchUp(namespace) {
      if (namespace !== undefined) {
        const space = spaces.ofNamespace(namespace)
        if (space !== undefined) await indexerOf(space).catchUp(namespace)
        return
      }
      await rebuilder.catchUp()
      for (const space of state.spaces()) await indexerOf(space).catchUp()
      await shelf.flush()
    },
    async close() {
      await Promise.all([rebuilder, ...indexers.values()].map((indexer) => indexer.close()))
      await shelf.close()
    },
  }
}

/** What was added to the namespaces of one space. */
function indexing(space: number, { state, spaces, embedders, mirror, shelf }: Parts): Work {
  return {
    embedder: () => embedders.of(space),
    waiting(limit, except, namespace) {
      if (namespace !== undefined && spaces.ofNamespace(namespace) !== space) return undefined
      return state.waiting(space, limit, new Set([...shelf.held(), ...except]), namespace)
    },
    ready: (namespace) => mirror.ready({ namespace, space }),
    store: (namespace, memories, pieces) => shelf.put({ namespace, space }, memories, pieces),
  }
}

/** One namespace after the other in the wanted space, beside the table that is searched meanwhile; then they are swapped. */
function rebuilding({ rebuilds, spaces, embedders, mirror, moves }: Parts, onMoved: () => void): Work {
  const targetOf = (namespace: number): number => rebuilds.target(namespace) ?? 0

  return {
    embedder() {
      const wanted = spaces.wanted()
      return wanted && embedders.of(wanted.id)
    },
    waiting(limit, except) {
      const wanted = spaces.wanted()
      const namespace = wanted && rebuilds.next(wanted.id)
      if (namespace === undefined) return undefined
      if (rebuilds.target(namespace) !== wanted?.id) return { namespace, rows: [] }
      return { namespace, rows: rebuilds.waiting(namespace, limit, except) }
    },
    ready: (namespace) => mirror.ready({ namespace, space: targetOf(namespace) }),
    store: (namespace, memories, pieces) =>
      mirror.store({ namespace, space: targetOf(namespace) }, memories, pieces),
    async finish(namespace) {
      const wanted = spaces.wanted()?.id
      if (wanted === undefined) return
      if (rebuilds.target(namespace) !== wanted) return moves.begin({ namespace, space: wanted })
      await moves.finish({ namespace, space: wanted })
      onMoved()
    },
  }
}
