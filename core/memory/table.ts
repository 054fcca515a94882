import { existsSync } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Connection, Table } from '@lancedb/lancedb'
import type { Log } from '../log.ts'
import { readRows, toArrow } from './arrow-rows.ts'
import { createGate } from './gate.ts'
import { createHotVectors, type HotVectors } from './hot.ts'

/** One piece of one memory. */
export interface VectorRow {
  readonly memory: number
  readonly piece: number
  /** Of length 1, so that the dot product is the cosine. */
  readonly vector: Float32Array
}

export interface Near {
  readonly memory: number
  /** Cosine, −1 … 1; of the nearest piece. */
  readonly similarity: number
}

export interface SearchOptions {
  readonly limit: number
  readonly among: readonly number[]
}

/**
 * The vectors of one namespace. A table that is not on disk is an empty one. Errors of LanceDB come through as they
 * are: the caller sets the table aside and rebuilds it.
 */
export interface VectorTable {
  /** Whether it is on disk. Loads nothing. */
  exists(): boolean
  /** Memory → number of its pieces. */
  contents(): Promise<Map<number, number>>
  /** `rows` is asked when no removal runs, so that it can leave out what was forgotten meanwhile. One caller at a time. */
  append(rows: () => VectorRow[]): Promise<void>
  /** Of the `limit` nearest pieces, and of all pieces of `among`; each memory once, by its nearest piece. */
  search(vector: Float32Array, options: SearchOptions): Promise<Near[]>
  /** Removes the memories and every older version that held them, to the last byte on disk. */
  remove(memories: readonly number[]): Promise<void>
  /** Moves a damaged table out of the way; the one set aside before goes. */
  setAside(): Promise<void>
  /** What it holds in memory, in bytes. */
  heat(): number
  /** Lets that go. */
  cool(): void
  /** Takes it off the disk. */
  drop(): Promise<void>
  close(): Promise<void>
}

/** Appends after which small files are merged; more for large tables, which cost more to rewrite. */
const MERGE_AFTER = 10
const ROWS_PER_FURTHER_APPEND = 2_000
/** Numbers of a table up to which it is held in memory and searched there: a few ms of Core's time, 32 MB. */
const MOST_HOT_NUMBERS = 8_000_000
/** How long it is held after the last search, in ms. */
const HOT_FOR = 5 * 60_000
/** Longest list of ids in one predicate. */
const MAX_IDS = 500
/** Reaches past the version that was just replaced, which LanceDB otherwise keeps (measured). */
const AHEAD = 60_000

interface Options {
  readonly folder: string
  readonly name: string
  readonly log: Log
  connect(): Promise<Connection>
  /** It holds its vectors in memory now. */
  onHot(): void
}

/** One LanceDB table with its one handle (a second would not see new rows) and its gate. */
export function createVectorTable({ folder, name, log, connect, onHot }: Options): VectorTable {
  const path = join(folder, `${name}.lance`)
  const aside = join(folder, `${name}.set_aside`)
  const gate = createGate()
  let table: Table | undefined
  let opening: Promise<Table> | undefined
  let rows = 0
  let appends = 0
  let tidying = false
  let merging: Promise<void> = Promise.resolve()
  let hot: Promise<HotVectors> | undefined
  let held: HotVectors | undefined
  let cooling: NodeJS.Timeout | undefined

  async function open(): Promise<Table | undefined> {
    if (table || !existsSync(path)) return table
    opening ??= openNow().finally(() => (opening = undefined))
    return opening
  }

  async function openNow(): Promise<Table> {
    const opened = await (await connect()).openTable(name)
    rows = await opened.countRows()
    return (table = opened)
  }

  async function append(added: readonly VectorRow[]): Promise<void> {
    const [connection, data, known] = [await connect(), await toArrow(added), await open()]
    await hot
    if (known) await known.add(data)
    else table = await connection.createTable(name, data)
    rows += added.length
    appends++
    held?.add(added)
  }

  /** Merges small files beside whatever goes on, and then takes away what was replaced, when nobody reads it. */
  async function tidy(): Promise<void> {
    if (tidying || appends < MERGE_AFTER + rows / ROWS_PER_FURTHER_APPEND) return
    tidying = true
    try {
      await (merging = merge({ cleanUp: false }))
      await gate.alone(() => merge({ cleanUp: true }))
    } catch (err) {
      log.warn({ err, table: name }, 'memory.merge_failed')
    }
    tidying = false
  }

  async function merge({ cleanUp }: { cleanUp: boolean }): Promise<void> {
    appends = 0
    const cleanupOlderThan = new Date(cleanUp ? Date.now() + AHEAD : 0)
    await table?.optimize({ cleanupOlderThan, deleteUnverified: cleanUp })
  }

  /** Alone, and not while files are merged; searches do not wait for that. */
  async function whenQuiet(job: () => Promise<void>): Promise<void> {
    await merging.catch(() => undefined)
    await gate.alone(async () => {
      await merging.catch(() => undefined)
      await job()
    })
  }

  async function search(vector: Float32Array, options: SearchOptions): Promise<Near[]> {
    const known = await open()
    if (!known || rows === 0) return []
    // Of a table whose files are gone the handle tells: it fails.
    if (rows * vector.length > MOST_HOT_NUMBERS || !existsSync(path)) return searchIn(known, vector, options)
    clearTimeout(cooling)
    cooling = setTimeout(cool, HOT_FOR).unref()
    hot ??= warm(known, vector.length)
    hot.catch(cool)
    return (await hot).search(vector, options)
  }

  async function warm(known: Table, dimensions: number): Promise<HotVectors> {
    const vectors = createHotVectors(dimensions)
    for await (const batch of readRows(known)) vectors.add(batch)
    held = vectors
    onHot()
    return vectors
  }

  function cool(): void {
    clearTimeout(cooling)
    hot = undefined
    held = undefined
  }

  async function remove(memories: readonly number[]): Promise<void> {
    await rm(aside, { recursive: true, force: true })
    const known = await open()
    if (!known || memories.length === 0) return
    cool()
    rows = await erase(known, memories)
    if (rows > 0) await merge({ cleanUp: true })
    else await drop()
  }

  async function drop(): Promise<void> {
    release()
    await Promise.all([path, aside].map((each) => rm(each, { recursive: true, force: true })))
  }

  async function setAside(): Promise<void> {
    release()
    await rm(aside, { recursive: true, force: true })
    if (existsSync(path)) await rename(path, aside)
  }

  function release(): void {
    cool()
    table?.close()
    table = undefined
    appends = 0
  }

  return {
    exists: () => existsSync(path),
    contents: () => gate.together(async () => countPieces(await open())),
    async append(added) {
      await gate.together(async () => {
        const now = added()
        if (now.length > 0) await append(now)
        void tidy()
      })
    },
    search: (vector, options) => gate.together(() => search(vector, options)),
    remove: (memories) => whenQuiet(() => remove(memories)),
    setAside: () => whenQuiet(setAside),
    heat: () => held?.size() ?? 0,
    cool,
    drop: () => whenQuiet(drop),
    async close() {
      await whenQuiet(async () => {
        if (appends > 0) await merge({ cleanUp: true })
        release()
      })
    },
  }
}

const inList = (memories: readonly number[]): string => `memory in (${memories.map(Number).join(', ')})`

/** Leaves the rows in old versions only; says how many are left. */
async function erase(table: Table, memories: readonly number[]): Promise<number> {
  for (let at = 0; at < memories.length; at += MAX_IDS) {
    await table.delete(inList(memories.slice(at, at + MAX_IDS)))
  }
  const left = await table.countRows()
  // A delete only marks rows, and `optimize` rewrites a file only when a tenth of it is marked: this rewrites it now.
  if (left > 0) await table.update({ valuesSql: { piece: 'piece' } })
  return left
}

async function countPieces(table: Table | undefined): Promise<Map<number, number>> {
  const pieces = new Map<number, number>()
  if (!table) return pieces
  for await (const batch of table.query().select(['memory'])) {
    for (const row of batch) pieces.set(Number(row.memory), (pieces.get(Number(row.memory)) ?? 0) + 1)
  }
  return pieces
}

async function searchIn(
  table: Table,
  vector: Float32Array,
  { limit, among }: SearchOptions,
): Promise<Near[]> {
  const nearest = table.vectorSearch(vector).distanceType('dot').bypassVectorIndex()
  const best = new Map<number, number>()
  for (const { memory, _distance } of await nearest.select(['memory', '_distance']).limit(limit).toArray()) {
    best.set(Number(memory), Math.max(best.get(Number(memory)) ?? -1, 1 - _distance))
  }
  const rest = among.filter((memory) => !best.has(memory))
  if (rest.length > 0) await addCosines(table, vector, rest, best)
  return [...best].map(([memory, similarity]) => ({ memory, similarity }))
}

/** Reads their vectors: much cheaper than to search a table once more for a few of its rows (measured). */
async function addCosines(
  table: Table,
  vector: Float32Array,
  memories: readonly number[],
  best: Map<number, number>,
): Promise<void> {
  for await (const rows of readRows(table, inList(memories))) {
    for (const row of rows)
      best.set(row.memory, Math.max(best.get(row.memory) ?? -1, dot(vector, row.vector)))
  }
}

const dot = (a: Float32Array, b: Float32Array): number =>
  a.reduce((sum, number, at) => sum + number * (b[at] ?? 0), 0)
