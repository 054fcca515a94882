import { existsSync } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Connection, Table } from '@lancedb/lancedb'
import { createGate } from '../gate.ts'
import type { Near, SearchOptions } from '../rows.ts'
import { readRows, toArrow } from './arrow-rows.ts'
import { type PackedRows, unpackRows } from './calls.ts'
import { createTidy } from './tidy.ts'

/** The files of one table. Errors of LanceDB come through as they are. */
export interface LanceTable {
  /** How many rows there are. */
  open(): Promise<number>
  read(onPart: (rows: PackedRows) => void): Promise<void>
  /** One caller at a time. */
  append(rows: PackedRows): Promise<void>
  search(vector: Float32Array, options: SearchOptions): Promise<Near[]>
  /** Says how many rows are left. */
  remove(memories: readonly number[]): Promise<number>
  setAside(): Promise<void>
  drop(): Promise<void>
  close(): Promise<void>
}

/** Bounds the list of ids in one predicate. */
const MAX_IDS = 500
/** Rows of one message to Core, which stands still while it takes one in. */
const PART = 256

interface Options {
  readonly folder: string
  readonly name: string
  connect(): Promise<Connection>
  /** Files could not be merged; they are with a later append. */
  onMergeFailed(err: unknown): void
}

/** One LanceDB table with its one handle (a second would not see new rows) and its gate. */
export function createLanceTable({ folder, name, connect, onMergeFailed }: Options): LanceTable {
  const path = join(folder, `${name}.lance`)
  const aside = join(folder, `${name}.set_aside`)
  const gate = createGate()
  let table: Table | undefined
  /** While it is opened or made. */
  let opening: Promise<Table> | undefined
  let rows = 0
  const tidy = createTidy(gate, onMergeFailed)

  async function open(): Promise<Table | undefined> {
    if (table ?? opening) return table ?? opening
    return existsSync(path) ? through(openNow()) : undefined
  }

  function through(now: Promise<Table>): Promise<Table> {
    opening = now.then((opened) => (table = opened)).finally(() => (opening = undefined))
    return opening
  }

  async function openNow(): Promise<Table> {
    const opened = await (await connect()).openTable(name)
    rows = await opened.countRows()
    return opened
  }

  async function append(added: PackedRows): Promise<void> {
    const [connection, known] = [await connect(), await open()]
    const data = toArrow(added)
    if (known) await known.add(data)
    const grown = known ?? (await through(connection.createTable(name, data)))
    rows += added.memories.length
    tidy.appended(grown, rows)
  }

  async function read(onPart: (rows: PackedRows) => void): Promise<void> {
    const known = await open()
    if (!known) return
    for await (const batch of readRows(known)) for (const part of inParts(batch)) onPart(part)
  }

  async function remove(memories: readonly number[]): Promise<void> {
    await rm(aside, { recursive: true, force: true })
    const known = await open()
    if (!known || memories.length === 0) return
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
    table?.close()
    table = undefined
    rows = 0
  }

  return {
    open: () => gate.together(async () => ((await open()) ? rows : 0)),
    read: (onPart) => gate.together(() => read(onPart)),
    append: (added) => gate.together(() => append(added)),
    search: (vector, options) =>
      gate.together(async () => {
        const known = await open()
        return known ? searchIn(known, vector, options) : []
      }),
    async remove(memories) {
      await tidy.whenQuiet(() => remove(memories))
      return rows
    },
    setAside: () => tidy.whenQuiet(setAside),
    drop: () => tidy.whenQuiet(drop),
    close: () =>
      tidy.whenQuiet(async () => {
        if (table && tidy.isDue()) await tidy.now(table)
        release()
      }),
  }
}

const inList = (memories: readonly number[]): string => `memory in (${memories.map(Number).join(', ')})`

function* inParts({ memories, pieces, vectors }: PackedRows): Generator<PackedRows> {
  const dimensions = vectors.length / Math.max(memories.length, 1)
  for (let at = 0; at < memories.length; at += PART) {
    yield {
      memories: memories.slice(at, at + PART),
      pieces: pieces.slice(at, at + PART),
      vectors: vectors.slice(at * dimensions, (at + PART) * dimensions),
    }
  }
}

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
    for (const row of unpackRows(rows))
      best.set(row.memory, Math.max(best.get(row.memory) ?? -1, dot(vector, row.vector)))
  }
}

const dot = (a: Float32Array, b: Float32Array): number =>
  a.reduce((sum, number, at) => sum + number * (b[at] ?? 0), 0)
