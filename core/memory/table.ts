import { existsSync } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Connection, Table } from '@lancedb/lancedb'
import type { Table as ArrowTable } from 'apache-arrow'
import type { Log } from '../log.ts'
import { createGate } from './gate.ts'

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
  search(vector: Float32Array, options: { limit: number; among: readonly number[] }): Promise<Near[]>
  /** Removes the memories and every older version that held them, to the last byte on disk. */
  remove(memories: readonly number[]): Promise<void>
  /** Moves a damaged table out of the way; the one set aside before goes. */
  setAside(): Promise<void>
  /** Takes it off the disk. */
  drop(): Promise<void>
  close(): Promise<void>
}

/** Appends after which small files are merged; more for large tables, which cost more to rewrite. */
const MERGE_AFTER = 10
const ROWS_PER_FURTHER_APPEND = 5_000
/** Longest list of ids in one predicate. */
const MAX_IDS = 500
/** Reaches past the version that was just replaced, which LanceDB otherwise keeps (measured). */
const AHEAD = 60_000

interface Options {
  readonly folder: string
  readonly name: string
  /** How long, in ms, a replaced version stays for the searches that still read it. */
  readonly keep: number
  readonly log: Log
  connect(): Promise<Connection>
}

/** One LanceDB table with its one handle (a second would not see new rows) and its gate. */
export function createVectorTable({ folder, name, keep, log, connect }: Options): VectorTable {
  const path = join(folder, `${name}.lance`)
  const aside = join(folder, `${name}.set_aside`)
  const gate = createGate()
  let table: Table | undefined
  let opening: Promise<Table> | undefined
  let rows = 0
  let appends = 0
  let sweeping: NodeJS.Timeout | undefined

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
    if (known) await known.add(data)
    else table = await connection.createTable(name, data)
    rows += added.length
    if (++appends < MERGE_AFTER + rows / ROWS_PER_FURTHER_APPEND) return
    await merge(Date.now() - keep)
    sweeping ??= setTimeout(() => void sweep(), keep + 50).unref()
  }

  async function merge(olderThan: number): Promise<void> {
    appends = 0
    await table?.optimize({
      cleanupOlderThan: new Date(olderThan),
      deleteUnverified: olderThan > Date.now(),
    })
  }

  /** Takes the versions that `merge` had to leave for searches in flight. A table that fails here fails again at its next use. */
  async function sweep(): Promise<void> {
    clearTimeout(sweeping)
    sweeping = undefined
    try {
      await gate.alone(() => merge(Date.now() + AHEAD))
    } catch (err) {
      log.warn({ err, table: name }, 'memory.sweep_failed')
    }
  }

  async function remove(memories: readonly number[]): Promise<void> {
    await rm(aside, { recursive: true, force: true })
    const known = await open()
    if (!known || memories.length === 0) return
    rows = await erase(known, memories)
    if (rows > 0) await merge(Date.now() + AHEAD)
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
    clearTimeout(sweeping)
    sweeping = undefined
    table?.close()
    table = undefined
    appends = 0
  }

  return {
    exists: () => existsSync(path),
    contents: () => gate.together(async () => countPieces(await open())),
    append: (added) =>
      gate.together(async () => {
        const now = added()
        if (now.length > 0) await append(now)
      }),
    search: (vector, options) => gate.together(async () => searchIn(await open(), vector, options)),
    remove: (memories) => gate.alone(() => remove(memories)),
    setAside: () => gate.alone(setAside),
    drop: () => gate.alone(drop),
    async close() {
      if (appends > 0 || sweeping) await sweep()
      await gate.alone(async () => release())
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
  table: Table | undefined,
  vector: Float32Array,
  { limit, among }: { limit: number; among: readonly number[] },
): Promise<Near[]> {
  if (!table) return []
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
  for await (const batch of table.query().where(inList(memories)).select(['memory', 'vector'])) {
    const numbers = batch.getChild('memory')
    const vectors = batch.getChild('vector')
    for (let at = 0; at < batch.numRows; at++) {
      const memory = Number(numbers?.get(at))
      best.set(memory, Math.max(best.get(memory) ?? -1, dot(vector, vectors?.get(at).toArray())))
    }
  }
}

function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0
  for (let at = 0; at < a.length; at++) sum += (a[at] ?? 0) * (b[at] ?? 0)
  return sum
}

/** Straight into the columns: building them row by row takes many times as long (measured). */
async function toArrow(rows: readonly VectorRow[]): Promise<ArrowTable> {
  const arrow = await import('apache-arrow')
  const { Field, FixedSizeList, Float32, Int32, Int64, makeData, RecordBatch, Schema, Struct } = arrow
  const dimensions = rows[0]?.vector.length ?? 0
  const numbers = new Float32Array(rows.length * dimensions)
  for (const [at, { vector }] of rows.entries()) numbers.set(vector, at * dimensions)
  const list = new FixedSizeList(dimensions, new Field('item', new Float32(), true))
  const schema = new Schema([
    new Field('memory', new Int64(), false),
    new Field('piece', new Int32(), false),
    new Field('vector', list, false),
  ])
  const children = [
    makeData({ type: new Int64(), data: BigInt64Array.from(rows, ({ memory }) => BigInt(memory)) }),
    makeData({ type: new Int32(), data: Int32Array.from(rows, ({ piece }) => piece) }),
    makeData({ type: list, length: rows.length, child: makeData({ type: new Float32(), data: numbers }) }),
  ]
  const type = new Struct(schema.fields)
  return new arrow.Table(schema, new RecordBatch(schema, makeData({ type, length: rows.length, children })))
}
