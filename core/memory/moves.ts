import type { Database } from '../database.ts'
import type { Log } from '../log.ts'
import type { Gate } from './gate.ts'
import type { RebuildState } from './rebuild-state.ts'
import type { Spaces } from './spaces.ts'
import type { Place, Vectors } from './vectors.ts'

/** Brings a namespace from one space to another. */
export interface Moves {
  /** From now on the namespace is rebuilt in `to`; what was rebuilt elsewhere goes. */
  begin(to: Place): Promise<void>
  /** The namespace, rebuilt in `to`, is searched there from now on, and the table that it had goes. */
  finish(to: Place): Promise<void>
  /** Tables that nothing needs any more, as an interruption leaves them, go. */
  dropLeftOvers(): Promise<void>
}

/** `lane`: in which everything that changes index and record goes, one after the other. */
export function createMoves({
  lane,
  database,
  rebuilds,
  spaces,
  vectors,
  log,
}: {
  lane: Gate
  database: Database
  rebuilds: RebuildState
  spaces: Spaces
  vectors: Vectors
  log: Log
}): Moves {
  async function begin({ namespace, space }: Place): Promise<void> {
    const before = rebuilds.target(namespace)
    await database.write(() => rebuilds.begin(namespace, space))
    if (before !== undefined) await vectors.of({ namespace, space: before }).drop()
  }

  async function finish({ namespace, space }: Place): Promise<void> {
    if (rebuilds.target(namespace) !== space) return
    const before = spaces.ofNamespace(namespace)
    await database.write(() => rebuilds.swap(namespace))
    if (before !== undefined) await vectors.of({ namespace, space: before }).drop()
    log.info({ namespace, space }, 'memory.index_swapped')
  }

  async function dropLeftOvers(): Promise<void> {
    const wanted = spaces.wanted()
    if (wanted) await database.write(() => rebuilds.stay(wanted.id))
    for (const place of vectors.places()) {
      const used = [spaces.ofNamespace(place.namespace), rebuilds.target(place.namespace)]
      if (!used.includes(place.space)) await vectors.of(place).drop()
    }
  }

  return {
    begin: (to) => lane.alone(() => begin(to)),
    finish: (to) => lane.alone(() => finish(to)),
    dropLeftOvers: () => lane.alone(dropLeftOvers),
  }
}
