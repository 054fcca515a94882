import { existsSync } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Connection, Table } from '@lancedb/lancedb'
import type { Log } from '../log.ts'
import { readRows, toArrow } from './arrow-rows.ts'
import { createGate } from './gate.ts'
import { createHeat } from './heat.ts'
import type { Near, SearchOptions, VectorRow } from './rows.ts'
import { createTidy } from './tidy.ts'

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

/** Longest list of ids in one predicate. */
const MAX_IDS = 500
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
  const tidy = createTidy(gate, log)
  const heat = createHeat(onHot)

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
    await heat.settled()
    if (known) await known.add(data)
    else table = await connection.createTable(name, data)
    rows += added.length
    heat.add(added)
    if (table) tidy.appended(table, rows)
  }

  async function search(vector: Float32Array, options: SearchOptions): Promise<Near[]> {
    const known = await open()
    if (!known) return []
    // Of a table whose files are gone the handle tells: it fails.
    const hot = existsSync(path) ? await heat.of(known, rows, vector.length) : undefined
    return hot ? hot.search(vector, options) : searchIn(known, vector, options)
  }

  async function remove(memories: readonly number[]): Promise<void> {
    await rm(aside, { recursive: true, force: true })
    const known = await open()
    if (!known || memories.length === 0) return
    heat.cool()
    rows = await erase(known, memories)
    if (rows > 0) await tidy.now(known)
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
    heat.cool()
    table?.close()
    table = undefined
  }

  return {
    exists: () => existsSync(path),
    contents: () => gate.together(async () => countPieces(await open())),
    async append(added) {
      await gate.together(async () => {
        const now = added()
        if (now.length > 0) await append(now)
      })
    },
    search: (vector, options) => gate.together(() => search(vector, options)),
    remove: (memories) => tidy.whenQuiet(() => remove(memories)),
    setAside: () => tidy.whenQuiet(setAside),
    heat: heat.size,
    cool: heat.cool,
    drop: () => tidy.whenQuiet(drop),
    async close() {
      await tidy.whenQuiet(async () => {
        if (table && tidy.isDue()) await tidy.now(table)
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
