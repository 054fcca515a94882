import type { Sql } from '../database.ts'
import type { Indexed, Waiting } from './index-state.ts'

/** What the record knows of the namespaces that are rebuilt in another space. Synchronous, as `IndexState`. */
export interface RebuildState {
  /** A namespace that is not in this space yet, small ones first. */
  next(space: number): number | undefined
  /** Begins, or goes on when that was begun. */
  begin(namespace: number, space: number): void
  /** Memories that were not brought there yet, oldest first. */
  waiting(namespace: number, limit: number, except: ReadonlySet<number>): Waiting[]
  /** Memory → how many pieces of it are there now. */
  markRebuilt(namespace: number, pieces: ReadonlyMap<number, number>): void
  /** What is there, by number, from behind this one on; the first of them. */
  rebuilt(namespace: number, after: number, limit: number): Indexed[]
  /** These, or all of them, are not there after all. */
  markLost(namespace: number, memories?: readonly number[]): void
  /** Where the namespace is rebuilt. */
  target(namespace: number): number | undefined
  /** From now on the namespace is there; what was not brought waits for the index. */
  swap(namespace: number): void
  /** Nothing that is in this space already is rebuilt any more. */
  stay(space: number): void
  /** Memories of the namespaces that are not where they should be. */
  progress(): { done: number; total: number }
}

export function createRebuildState(sql: Sql): RebuildState {
  const selectNext = sql
    .prepare<[number], number>(
      'select id from namespace where space is not null and space <> ? order by memories limit 1',
    )
    .pluck()
  const targetOf = sql
    .prepare<[number], number | null>('select next_space from namespace where id = ?')
    .pluck()
  const setTarget = sql.prepare<[number | null, number]>('update namespace set next_space = ? where id = ?')
  const removeAll = sql.prepare<[number]>('delete from rebuilt where namespace_id = ?')
  const removeSome = sql.prepare<[number, string]>(
    'delete from rebuilt where namespace_id = ? and memory in (select value from json_each(?))',
  )
  const selectWaiting = sql.prepare<[object], Waiting>(
    `select number, text from memory where namespace_id = @namespace
     and number > (select coalesce(max(memory), 0) from rebuilt where namespace_id = @namespace)
     and number not in (select value from json_each(@except)) order by number limit @limit`,
  )
  const insert = sql.prepare<[number, number, number]>('insert or replace into rebuilt values (?, ?, ?)')
  const selectRebuilt = sql.prepare<[number, number, number], Indexed>(
    `select memory as number, pieces from rebuilt where namespace_id = ? and memory > ? and pieces > 0
     order by memory limit ?`,
  )
  const takeOver = sql.prepare<[object]>(
    `update memory set pieces = now.pieces from (
       select number, rebuilt.pieces from memory as each
         left join rebuilt on rebuilt.namespace_id = each.namespace_id and rebuilt.memory = each.number
       where each.namespace_id = @namespace
     ) as now where memory.number = now.number and memory.pieces is not now.pieces`,
  )
  const moveOver = sql.prepare<[number]>(
    'update namespace set space = next_space, next_space = null where id = ?',
  )
  const removeStaying = sql.prepare<[number]>(
    'delete from rebuilt where namespace_id in (select id from namespace where space = ?)',
  )
  const stay = sql.prepare<[number]>('update namespace set next_space = null where space = ?')
  const selectProgress = sql.prepare<[], { done: number; total: number }>(
    `select coalesce(sum(memories), 0) as total, (select count(*) from rebuilt) as done
     from namespace where space <> (select id from space where wanted)`,
  )

  return {
    next: (space) => selectNext.get(space),
    begin(namespace, space) {
      if (targetOf.get(namespace) === space) return
      removeAll.run(namespace)
      setTarget.run(space, namespace)
    },
    waiting: (namespace, limit, except) =>
      selectWaiting.all({ namespace, limit, except: JSON.stringify([...except]) }),
    markRebuilt(namespace, pieces) {
      for (const [memory, count] of pieces) insert.run(namespace, memory, count)
    },
    rebuilt: (namespace, after, limit) => selectRebuilt.all(namespace, after, limit),
    markLost(namespace, memories) {
      if (memories) removeSome.run(namespace, JSON.stringify(memories))
      else removeAll.run(namespace)
    },
    target: (namespace) => targetOf.get(namespace) ?? undefined,
    swap(namespace) {
      takeOver.run({ namespace })
      moveOver.run(namespace)
      removeAll.run(namespace)
    },
    stay(space) {
      removeStaying.run(space)
      stay.run(space)
    },
    progress: () => selectProgress.get() ?? { done: 0, total: 0 },
  }
}
