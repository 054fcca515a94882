import { existsSync } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Connection, Table } from '@lancedb/lancedb'
import type { Log } from '../log.ts'
import { createGate, type Gate } from './gate.ts'

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
 * The vector index: derived from the record, one LanceDB table `ns_<number>` per namespace. LanceDB is loaded by the
 * first call that needs it. Errors of LanceDB come through as they are: the caller sets the table aside and rebuilds it.
 */
export interface Vectors {
  /** Whether the namespace has a table on disk. Loads nothing. */
  has(namespace: number): boolean
  /** Memory → number of its pieces. */
  contents(namespace: number): Promise<Map<number, number>>
  /** `rows` is asked only when no removal runs, so that it can leave out what was forgotten meanwhile. One caller at a time per namespace. */
  append(namespace: number, rows: () => VectorRow[]): Promise<void>
  /** Nearest first, each memory once. `among`: of these memories only. */
  search(
    namespace: number,
    vector: Float32Array,
    options: { limit: number; among?: readonly number[] },
  ): Promise<Near[]>
  /** Removes the memories and every older version that held them, to the last byte on disk. */
  remove(namespace: number, memories: readonly number[]): Promise<void>
  /** Moves a damaged table out of the way; the one set aside before goes. */
  setAside(namespace: number): Promise<void>
  close(): Promise<void>
}

/** Appends after which small files are merged; more for large tables, which cost more to rewrite. */
const MERGE_AFTER = 10
const ROWS_PER_FURTHER_APPEND = 5_000
/** Longest list of ids in one predicate. */
const MAX_IDS = 500
/** Reaches past the version that was just replaced, which LanceDB otherwise keeps (measured). */
const AHEAD = 60_000

interface Slot {
  readonly gate: Gate
  opening: Promise<Table> | undefined
  table: Table | undefined
  rows: number
  appends: number
  sweep: NodeJS.Timeout | undefined
}

/** `keep`: how long, in ms, a replaced version stays for the searches that still read it. */
export function createVectors({
  folder,
  dimensions,
  log,
  keep = 60_000,
}: {
  folder: string
  dimensions: number
  log: Log
  keep?: number
}): Vectors {
  const slots = new Map<number, Slot>()
  let connecting: Promise<Connection> | undefined

  const pathOf = (namespace: number) => join(folder, `ns_${namespace}.lance`)
  const asideOf = (namespace: number) => join(folder, `ns_${namespace}.set_aside`)
  const inList = (memories: readonly number[]) => `memory in (${memories.map(Number).join(', ')})`

  function slotOf(namespace: number): Slot {
    const known = slots.get(namespace)
    if (known) return known
    const slot: Slot = {
      gate: createGate(),
      opening: undefined,
      table: undefined,
      rows: 0,
      appends: 0,
      sweep: undefined,
    }
    slots.set(namespace, slot)
    return slot
  }

  function connect(): Promise<Connection> {
    connecting ??= import('@lancedb/lancedb').then((lancedb) => lancedb.connect(folder))
    connecting.catch(() => (connecting = undefined))
    return connecting
  }

  /** The one handle of the table: a second one would not see new rows. */
  async function open(namespace: number): Promise<Table | undefined> {
    const slot = slotOf(namespace)
    if (slot.table || !existsSync(pathOf(namespace))) return slot.table
    slot.opening ??= openTable(namespace, slot).finally(() => (slot.opening = undefined))
    return slot.opening
  }

  async function openTable(namespace: number, slot: Slot): Promise<Table> {
    const table = await (await connect()).openTable(`ns_${namespace}`)
    slot.rows = await table.countRows()
    slot.table = table
    return table
  }

  async function insert(namespace: number, rows: VectorRow[]): Promise<void> {
    const [slot, connection, data] = [slotOf(namespace), await connect(), await toArrow(rows, dimensions)]
    const table = await open(namespace)
    if (table) await table.add(data)
    else slot.table = await connection.createTable(`ns_${namespace}`, data)
    slot.rows += rows.length
    if (++slot.appends < MERGE_AFTER + slot.rows / ROWS_PER_FURTHER_APPEND) return
    await merge(slot, Date.now() - keep)
    slot.sweep ??= setTimeout(() => void sweep(slot), keep + 50).unref()
  }

  async function merge(slot: Slot, olderThan: number): Promise<void> {
    slot.appends = 0
    await slot.table?.optimize({
      cleanupOlderThan: new Date(olderThan),
      deleteUnverified: olderThan > Date.now(),
    })
  }

  /** Takes the versions that `merge` had to leave for searches in flight. A table that fails here fails again at its next use. */
  async function sweep(slot: Slot): Promise<void> {
    slot.sweep = undefined
    try {
      await slot.gate.alone(() => merge(slot, Date.now() + AHEAD))
    } catch (err) {
      log.warn({ err }, 'memory.sweep_failed')
    }
  }

  async function erase(namespace: number, memories: readonly number[]): Promise<void> {
    await rm(asideOf(namespace), { recursive: true, force: true })
    const [slot, table] = [slotOf(namespace), await open(namespace)]
    if (!table || memories.length === 0) return
    for (let at = 0; at < memories.length; at += MAX_IDS) {
      await table.delete(inList(memories.slice(at, at + MAX_IDS)))
    }
    slot.rows = await table.countRows()
    if (slot.rows > 0) {
      // A delete only marks rows, and `optimize` rewrites a file only when a tenth of it is marked: this rewrites it now.
      await table.update({ valuesSql: { piece: 'piece' } })
      await merge(slot, Date.now() + AHEAD)
    } else {
      release(slot)
      await (await connect()).dropTable(`ns_${namespace}`)
    }
  }

  function release(slot: Slot): void {
    clearTimeout(slot.sweep)
    slot.sweep = undefined
    slot.table?.close()
    slot.table = undefined
  }

  return {
    has: (namespace) => existsSync(pathOf(namespace)),
    contents: (namespace) =>
      slotOf(namespace).gate.together(async () => {
        const pieces = new Map<number, number>()
        const table = await open(namespace)
        if (!table) return pieces
        for await (const batch of table.query().select(['memory'])) {
          for (const row of batch) pieces.set(Number(row.memory), (pieces.get(Number(row.memory)) ?? 0) + 1)
        }
        return pieces
      }),
    append: (namespace, rows) =>
      slotOf(namespace).gate.together(async () => {
        const now = rows()
        if (now.length > 0) await insert(namespace, now)
      }),
    search: (namespace, vector, { limit, among }) =>
      slotOf(namespace).gate.together(async () => {
        const table = await open(namespace)
        if (!table || among?.length === 0) return []
        const query = table.vectorSearch(vector).distanceType('dot').bypassVectorIndex()
        if (among) query.where(inList(among))
        return nearest(await query.select(['memory', '_distance']).limit(limit).toArray())
      }),
    remove: (namespace, memories) => slotOf(namespace).gate.alone(() => erase(namespace, memories)),
    setAside: (namespace) =>
      slotOf(namespace).gate.alone(async () => {
        release(slotOf(namespace))
        await rm(asideOf(namespace), { recursive: true, force: true })
        if (existsSync(pathOf(namespace))) await rename(pathOf(namespace), asideOf(namespace))
      }),
    async close() {
      for (const slot of slots.values()) {
        if (slot.appends > 0 || slot.sweep) await sweep(slot)
        await slot.gate.alone(async () => release(slot))
      }
      await connecting?.then((connection) => connection.close())
    },
  }
}

function nearest(rows: readonly { memory: bigint; _distance: number }[]): Near[] {
  const best = new Map<number, number>()
  for (const { memory, _distance } of rows) {
    best.set(Number(memory), Math.max(best.get(Number(memory)) ?? -1, 1 - _distance))
  }
  return [...best].map(([memory, similarity]) => ({ memory, similarity }))
}

async function toArrow(rows: readonly VectorRow[], dimensions: number) {
  const [{ makeArrowTable }, { Field, FixedSizeList, Float32, Int32, Int64, Schema }] = await Promise.all([
    import('@lancedb/lancedb'),
    import('apache-arrow'),
  ])
  const schema = new Schema([
    new Field('memory', new Int64(), false),
    new Field('piece', new Int32(), false),
    new Field('vector', new FixedSizeList(dimensions, new Field('item', new Float32(), true)), false),
  ])
  return makeArrowTable(
    rows.map(({ memory, piece, vector }) => ({ memory: BigInt(memory), piece, vector: Array.from(vector) })),
    { schema },
  )
}
