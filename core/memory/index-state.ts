import type { Sql } from '../database.ts'
import type { Place } from './vectors.ts'

/** A memory that waits for the vector index. */
export interface Waiting {
  readonly number: number
  readonly text: string
}

/** A memory that the index should hold. */
export interface Indexed {
  readonly number: number
  readonly pieces: number
}

/** What the record knows of the vector index. Synchronous; what writes belongs inside a job of `Database.write`. */
export interface IndexState {
  /** Of this namespace, or of the one in this space that waits longest; oldest first. */
  waiting(
    space: number,
    limit: number,
    except: ReadonlySet<number>,
    namespace?: number,
  ): { namespace: number; rows: Waiting[] } | undefined
  /** How many wait. */
  waitingInAll(): number
  /** Spaces in which some namespace is. */
  spaces(): number[]
  stillThere(memory: number): boolean
  /** Memory → how many pieces of it the index holds now. */
  markIndexed(pieces: ReadonlyMap<number, number>): void
  /** The index lost these (all, when none are named): they wait again. */
  markLost(namespace: number, memories?: readonly number[]): void
  /** What the index should hold, by number, from behind this one on; the first of them. */
  indexed(namespace: number, after: number, limit: number): Indexed[]
  /** Where something should be in the index. */
  indexedPlaces(): Place[]
  /** Namespace → memories whose vectors have to go. */
  forgotten(): Map<number, number[]>
  forgetDone(memories: readonly number[]): void
}

export function createIndexState(sql: Sql): IndexState {
  const longestWaiting = sql
    .prepare<[string, number], number>(
      `select namespace_id from memory where pieces is null and number not in (select value from json_each(?))
       and (select space from namespace where id = namespace_id) = ? order by number limit 1`,
    )
    .pluck()
  const selectWaiting = sql.prepare<[number, string, number], Waiting>(
    `select number, text from memory where namespace_id = ? and pieces is null
     and number not in (select value from json_each(?)) order by number limit ?`,
  )
  const selectSpaces = sql
    .prepare<[], number>('select distinct space from namespace where space is not null')
    .pluck()
  const countWaiting = sql.prepare<[], number>('select count(*) from memory where pieces is null').pluck()
  const exists = sql.prepare<[number], number>('select 1 from memory where number = ?').pluck()
  const setPieces = sql.prepare<[number, number]>('update memory set pieces = ? where number = ?')
  const lose = sql.prepare<[number, string]>(
    'update memory set pieces = null where namespace_id = ? and number in (select value from json_each(?))',
  )
  const loseAll = sql.prepare<[number]>('update memory set pieces = null where namespace_id = ?')
  const selectIndexed = sql.prepare<[number, number, number], Indexed>(
    `select number, pieces from memory where namespace_id = ? and number > ? and pieces > 0
     order by number limit ?`,
  )
  const selectPlaces = sql.prepare<[], Place>(
    `select id as namespace, space from namespace
     where exists (select 1 from memory where namespace_id = namespace.id and pieces > 0)`,
  )
  const selectForgotten = sql.prepare<[], { number: number; namespace_id: number }>('select * from forgotten')
  const removeForgotten = sql.prepare<[string]>(
    'delete from forgotten where number in (select value from json_each(?))',
  )

  return {
    waiting(space, limit, except, wanted) {
      const without = JSON.stringify([...except])
      const namespace = wanted ?? longestWaiting.get(without, space)
      if (namespace === undefined) return undefined
      return { namespace, rows: selectWaiting.all(namespace, without, limit) }
    },
    waitingInAll: () => countWaiting.get() ?? 0,
    spaces: () => selectSpaces.all(),
    stillThere: (memory) => exists.get(memory) === 1,
    markIndexed(pieces) {
      for (const [memory, count] of pieces) setPieces.run(count, memory)
    },
    markLost(namespace, memories) {
      if (memories) lose.run(namespace, JSON.stringify(memories))
      else loseAll.run(namespace)
    },
    indexed: (namespace, after, limit) => selectIndexed.all(namespace, after, limit),
    indexedPlaces: () => selectPlaces.all(),
    forgotten() {
      const numbers = new Map<number, number[]>()
      for (const { number, namespace_id } of selectForgotten.all()) {
        const known = numbers.get(namespace_id)
        if (known) known.push(number)
        else numbers.set(namespace_id, [number])
      }
      return numbers
    },
    forgetDone: (memories) => void removeForgotten.run(JSON.stringify(memories)),
  }
}
