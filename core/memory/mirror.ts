import type { Database } from '../database.ts'
import type { Log } from '../log.ts'
import { createGate } from './gate.ts'
import type { IndexState } from './index-state.ts'
import type { VectorRow } from './table.ts'
import type { Vectors } from './vectors.ts'

/** Keeps the vector index and what the record says of it equal, whatever was interrupted or lost. */
export interface Mirror {
  /** Compares the namespace's table with the record, once; call it before the table is used. */
  ready(namespace: number): Promise<void>
  /** Appends the pieces of `memories` and marks these as indexed. */
  store(namespace: number, memories: readonly number[], pieces: readonly VectorRow[]): Promise<void>
  /** The index of this namespace cannot be used: sets it aside; all of its memories wait again. */
  rebuild(namespace: number, cause: unknown): Promise<void>
  /** Takes the vectors of forgotten memories off the disk. */
  purge(): Promise<void>
}

/** `onLost`: some memories wait for the index again. */
export function createMirror({
  database,
  state,
  vectors,
  log,
  onLost,
}: {
  database: Database
  state: IndexState
  vectors: Vectors
  log: Log
  onLost: () => void
}): Mirror {
  /** What changes both the index and what the record says of it goes through here, one after the other. */
  const lane = createGate()
  const checks = new Map<number, Promise<void>>()

  /** Appends and says so in the state. When one of them fails, the next use of the namespace compares them. */
  async function store(
    namespace: number,
    memories: readonly number[],
    pieces: readonly VectorRow[],
  ): Promise<void> {
    const counts = new Map(memories.map((memory) => [memory, 0]))
    for (const { memory } of pieces) counts.set(memory, (counts.get(memory) ?? 0) + 1)
    try {
      await vectors.of(namespace).append(() => pieces.filter(({ memory }) => state.stillThere(memory)))
      await database.write(() => state.markIndexed(counts))
    } catch (cause) {
      checks.delete(namespace)
      throw cause
    }
  }

  function ready(namespace: number): Promise<void> {
    const running = checks.get(namespace)
    if (running) return running
    const check = lane.alone(() => compare(namespace)).catch((cause: unknown) => rebuild(namespace, cause))
    checks.set(namespace, check)
    check.catch(() => checks.delete(namespace))
    return check
  }

  /** Index rows that the record does not know go; memories that the index lost wait again. */
  async function compare(namespace: number): Promise<void> {
    const held = await vectors.of(namespace).contents()
    const wanted = state.indexed(namespace)
    const wrong = [...held]
      .filter(([number, pieces]) => wanted.get(number) !== pieces)
      .map(([number]) => number)
    const lost = [...wanted]
      .filter(([number, pieces]) => held.get(number) !== pieces)
      .map(([number]) => number)
    if (wrong.length > 0) await vectors.of(namespace).remove(wrong)
    if (lost.length === 0) return
    log.warn({ namespace, lost: lost.length, kept: held.size - wrong.length }, 'memory.index_incomplete')
    await database.write(() => state.markLost(namespace, lost))
    onLost()
  }

  async function rebuild(namespace: number, err: unknown): Promise<void> {
    log.warn({ err, namespace }, 'memory.index_rebuild')
    await lane.alone(async () => {
      await vectors.of(namespace).setAside()
      await database.write(() => state.markLost(namespace))
    })
    onLost()
  }

  async function purge(): Promise<void> {
    for (const [namespace, numbers] of state.forgotten()) {
      try {
        await vectors.of(namespace).remove(numbers)
      } catch (cause) {
        await rebuild(namespace, cause)
        await vectors.of(namespace).remove([])
      }
      await database.write(() => state.forgetDone(numbers))
    }
  }

  return {
    ready,
    store: (namespace, memories, pieces) => lane.alone(() => store(namespace, memories, pieces)),
    rebuild,
    purge,
  }
}
