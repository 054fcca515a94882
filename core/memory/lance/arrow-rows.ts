import { crc32 } from 'node:zlib'
import type { Table } from '@lancedb/lancedb'
import {
  Field,
  FixedSizeList,
  Float32,
  Int32,
  Int64,
  makeData,
  RecordBatch,
  Schema,
  Struct,
  Table as ArrowTable,
  Uint32,
} from 'apache-arrow'
import { type PackedRows, packRows } from './calls.ts'

const COLUMNS = ['memory', 'piece', 'vector', 'sum']

/** Straight into the columns: building them row by row takes many times as long (measured). */
export function toArrow(rows: PackedRows): ArrowTable {
  const { memories, pieces, vectors } = rows
  const length = memories.length
  const list = new FixedSizeList(vectors.length / length, new Field('item', new Float32(), true))
  const schema = new Schema([
    new Field('memory', new Int64(), false),
    new Field('piece', new Int32(), false),
    new Field('vector', list, false),
    new Field('sum', new Uint32(), false),
  ])
  const children = [
    makeData({ type: new Int64(), data: BigInt64Array.from(memories, BigInt) }),
    makeData({ type: new Int32(), data: pieces }),
    makeData({ type: list, length, child: makeData({ type: new Float32(), data: vectors }) }),
    makeData({ type: new Uint32(), data: sumsOf(rows) }),
  ]
  const type = new Struct(schema.fields)
  return new ArrowTable(schema, new RecordBatch(schema, makeData({ type, length, children })))
}

/**
 * Every row, or those of the predicate, in batches as they lie on disk.
 * @throws Error when a row is not as it was written: LanceDB itself does not notice a flipped bit
 */
export async function* readRows(table: Table, predicate?: string): AsyncGenerator<PackedRows> {
  const query = table.query().select(COLUMNS)
  if (predicate) query.where(predicate)
  for await (const batch of query) {
    const [memories, pieces, vectors, sums] = COLUMNS.map((name) => batch.getChild(name))
    const rows = packRows(
      Array.from({ length: batch.numRows }, (_, at) => ({
        memory: Number(memories?.get(at)),
        piece: Number(pieces?.get(at)),
        vector: vectors?.get(at).toArray() as Float32Array,
      })),
    )
    if (sumsOf(rows).some((sum, at) => sum !== sums?.get(at)))
      throw new Error('a row of the table is damaged')
    yield rows
  }
}

/** A checksum of each row. */
function sumsOf({ memories, pieces, vectors }: PackedRows): Uint32Array {
  const bytes = new Uint8Array(vectors.buffer, vectors.byteOffset, vectors.byteLength)
  const size = bytes.length / Math.max(memories.length, 1)
  return Uint32Array.from(memories, (memory, at) =>
    crc32(bytes.subarray(at * size, (at + 1) * size), crc32(`${memory} ${pieces[at]}`)),
  )
}
