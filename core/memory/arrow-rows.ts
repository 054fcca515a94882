import type { Table } from '@lancedb/lancedb'
import type { Table as ArrowTable } from 'apache-arrow'
import type { VectorRow } from './rows.ts'

/** Straight into the columns: building them row by row takes many times as long (measured). */
export async function toArrow(rows: readonly VectorRow[]): Promise<ArrowTable> {
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

/** Every row, or those of the predicate, in batches as they lie on disk. */
export async function* readRows(table: Table, predicate?: string): AsyncGenerator<VectorRow[]> {
  const query = table.query().select(['memory', 'piece', 'vector'])
  if (predicate) query.where(predicate)
  for await (const batch of query) {
    const [memories, pieces, vectors] = ['memory', 'piece', 'vector'].map((name) => batch.getChild(name))
    yield Array.from({ length: batch.numRows }, (_, at) => ({
      memory: Number(memories?.get(at)),
      piece: Number(pieces?.get(at)),
      vector: vectors?.get(at).toArray() as Float32Array,
    }))
  }
}
