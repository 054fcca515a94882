import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { createHeat } from './heat.ts'
import { packRows, unpackRows } from './lance/calls.ts'
import type { Lance } from './lance/lifetime.ts'
import { IndexEnded } from './lance/process.ts'
import type { Near, SearchOptions, VectorRow } from './rows.ts'

/**
 * The vectors of one namespace. A table that is not on disk is an empty one. Errors of LanceDB come through as they
 * are: the caller sets the table aside and rebuilds it.
 */
export interface VectorTable {
  /** Whether it is on disk. Loads nothing. */
  exists(): boolean
  /**
   * Memory → number of its pieces.
   * @throws Error when any row is not as it was written
   */
  contents(): Promise<Map<number, number>>
  /**
   * `rows` is asked at the last moment, so that it can leave out what was forgotten meanwhile: what is removed from then
   * on is removed behind it. One caller at a time.
   */
  append(rows: () => VectorRow[]): Promise<void>
  /** Of the `limit` nearest pieces, and of all pieces of `among`; each memory once, by its nearest piece. */
  search(vector: Float32Array, options: SearchOptions): Promise<Near[]>
  /** Removes the memories and every older version that held them, to the last byte on disk. */
  remove(memories: readonly number[]): Promise<void>
  /** Moves a damaged table out of the way; the one set aside before goes. */
  setAside(): Promise<void>
  /** What it holds in memory, in bytes. */
  heat(): number
  /** Lets go what it holds in memory. */
  cool(): void
  drop(): Promise<void>
}

interface Options {
  readonly folder: string
  readonly name: string
  readonly lance: Lance
  /** It holds its vectors in memory now. */
  onHot(): void
}

export function createVectorTable({ folder, name, lance, onHot }: Options): VectorTable {
  const path = join(folder, `${name}.lance`)
  const aside = join(folder, `${name}.set_aside`)
  const heat = createHeat(
    (onPart) => lance.ask(name, { do: 'read', vectors: true }, (part) => onPart(unpackRows(part))),
    onHot,
  )
  /** How many are on disk; undefined until that was asked. */
  let rows: number | undefined
  /** Something was put there, or found there. */
  let used = false

  async function contents(): Promise<Map<number, number>> {
    const pieces = new Map<number, number>()
    await lance.ask(name, { do: 'read', vectors: false }, ({ memories }) => {
      for (const memory of memories) pieces.set(memory, (pieces.get(memory) ?? 0) + 1)
    })
    return pieces
  }

  async function search(vector: Float32Array, options: SearchOptions): Promise<Near[]> {
    used = true
    rows ??= Number(await lance.ask(name, { do: 'open' }))
    const hot = heat.search(rows, vector, options)
    return hot ?? ((await lance.ask(name, { do: 'search', vector, options })) as Near[])
  }

  function forget(): void {
    heat.cool()
    rows = undefined
    used = false
  }

  return {
    exists: () => existsSync(path),
    contents: async () => (existsSync(path) ? twice(contents) : new Map()),
    async append(added) {
      const now = added()
      if (now.length === 0) return
      await lance.ask(name, { do: 'append', rows: packRows(now) })
      used = true
      if (rows !== undefined) rows += now.length
      await heat.add(now)
    },
    async search(vector, options) {
      if (existsSync(path)) return twice(() => search(vector, options))
      if (used) throw new Error('the files of the table are gone')
      return []
    },
    async remove(memories) {
      heat.remove(memories)
      if (existsSync(path) || existsSync(aside))
        rows = Number(await lance.ask(name, { do: 'remove', memories }))
      if (rows === 0) forget()
    },
    async setAside() {
      forget()
      await lance.ask(name, { do: 'setAside' })
    },
    heat: heat.size,
    cool: heat.cool,
    async drop() {
      forget()
      await lance.ask(name, { do: 'drop' })
    },
  }
}

/** A process that dies once was killed; one that dies again has met something that it cannot read. */
async function twice<T>(job: () => Promise<T>): Promise<T> {
  try {
    return await job()
  } catch (err) {
    if (!(err instanceof IndexEnded)) throw err
    return job()
  }
}
