import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Database } from '../database.ts'
import type { Log } from '../log.ts'
import type { Account, AccountOf } from './accounts.ts'
import type { Gate } from './gate.ts'
import type { Indexed, IndexState } from './index-state.ts'
import type { VectorRow } from './rows.ts'
import type { Place, Vectors } from './vectors.ts'

/** Keeps the vector index and what the record says of it equal, whatever was interrupted or lost. */
export interface Mirror {
  /** Compares the table with the record, once; call it before the table is used. */
  ready(place: Place): Promise<void>
  /** Appends the pieces of `memories` and marks these as being there; nothing when the namespace has moved on meanwhile. */
  store(place: Place, memories: readonly number[], pieces: readonly VectorRow[]): Promise<void>
  /** The table cannot be used: sets it aside; all of its memories wait again. */
  rebuild(place: Place, cause: unknown): Promise<void>
  /** Takes the vectors of forgotten memories off the disk. */
  purge(): Promise<void>
}

/** Memories that are compared in one turn. */
const PAGE = 2_000

/** `lane`: in which everything that changes index and record goes, one after the other. `onLost`: some memories wait for the index again. */
export function createMirror({
  lane,
  database,
  state,
  accountOf,
  vectors,
  log,
  onLost,
}: {
  lane: Gate
  database: Database
  state: IndexState
  accountOf: AccountOf
  vectors: Vectors
  log: Log
  onLost: () => void
}): Mirror {
  const checks = new Map<string, Promise<void>>()

  /** Appends and says so in the record. When one of them fails, the next use of the table compares them. */
  async function store(
    place: Place,
    memories: readonly number[],
    pieces: readonly VectorRow[],
  ): Promise<void> {
    const account = accountOf(place)
    if (!account) return
    const counts = new Map(memories.map((memory) => [memory, 0]))
    for (const { memory } of pieces) counts.set(memory, (counts.get(memory) ?? 0) + 1)
    try {
      await vectors.of(place).append(() => pieces.filter(({ memory }) => state.stillThere(memory)))
      await database.write(() => {
        for (const memory of counts.keys()) if (!state.stillThere(memory)) counts.delete(memory)
        account.mark(counts)
      })
    } catch (cause) {
      checks.delete(keyOf(place))
      throw cause
    }
  }

  function ready(place: Place): Promise<void> {
    const key = keyOf(place)
    const running = checks.get(key)
    if (running) return running
    const check = lane.alone(() => compare(place)).catch((cause: unknown) => rebuild(place, cause))
    checks.set(key, check)
    check.catch(() => checks.delete(key))
    return check
  }

  /** Index rows that the record does not know go; memories that the index lost wait again. */
  async function compare(place: Place): Promise<void> {
    const account = accountOf(place)
    if (!account) return
    const { wrong, lost } = await differences(account, await vectors.of(place).contents())
    if (wrong.length > 0) await vectors.of(place).remove(wrong)
    if (lost.length === 0) return
    log.warn({ ...place, lost: lost.length }, 'memory.index_incomplete')
    await database.write(() => account.lose(lost))
    onLost()
  }

  async function rebuild(place: Place, err: unknown): Promise<void> {
    log.warn({ err, ...place }, 'memory.index_rebuild')
    await lane.alone(async () => {
      await vectors.of(place).setAside()
      const account = accountOf(place)
      if (account) await database.write(() => account.lose())
    })
    onLost()
  }

  async function purge(): Promise<void> {
    for (const [namespace, numbers] of state.forgotten()) {
      const places = vectors.places().filter((place) => place.namespace === namespace)
      for (const place of places) await removeFrom(place, numbers)
      await database.write(() => state.forgetDone(numbers))
    }
  }

  async function removeFrom(place: Place, numbers: readonly number[]): Promise<void> {
    try {
      await vectors.of(place).remove(numbers)
    } catch (cause) {
      await rebuild(place, cause)
      await vectors.of(place).remove([])
    }
  }

  return {
    ready,
    store: (place, memories, pieces) => lane.alone(() => store(place, memories, pieces)),
    rebuild,
    purge,
  }
}

/** `wrong` should not be in the table so, `lost` should be there otherwise. Takes out of `held` what is right. */
async function differences(account: Account, held: Map<number, number>) {
  const lost: number[] = []
  for await (const { number, pieces } of all(account)) {
    if (held.get(number) === pieces) held.delete(number)
    else lost.push(number)
  }
  return { wrong: [...held.keys()], lost }
}

/** All that should be in the table, without holding up what else goes on. */
async function* all(account: Account): AsyncGenerator<Indexed> {
  for (let after = 0; ;) {
    const page = account.wanted(after, PAGE)
    yield* page
    const last = page.at(-1)
    if (!last) return
    after = last.number
    await nextTurn()
  }
}

const keyOf = ({ namespace, space }: Place): string => `${namespace}/${space}`
