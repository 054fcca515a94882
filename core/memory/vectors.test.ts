import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createLog } from '../log.ts'
import { filesIn, filesWith } from './testing.ts'
import { eventually } from '../testing/until.ts'
import type { Near, VectorRow } from './rows.ts'
import { createVectors, type Vectors } from './vectors.ts'

let home: string
let folder: string
let vectors: Vectors

const open = () => createVectors({ folder, log: createLog('silent') })

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'homeclaw-vectors-'))
  folder = join(home, 'lancedb')
  vectors = open()
})
afterEach(async () => {
  await vectors.close()
  rmSync(home, { recursive: true, force: true })
})

/** A vector of length 1 that no other memory has. */
function row(memory: number, piece = 0): VectorRow {
  const vector = Float32Array.from({ length: 16 }, (_, at) => Math.sin((memory * 7 + piece + 1) * (at + 1)))
  const length = Math.hypot(...vector)
  return { memory, piece, vector: vector.map((x) => x / length) }
}
const bytesOf = ({ vector }: VectorRow) => Buffer.from(vector.buffer)

describe('vectors', () => {
  it('finds the nearest memory, each once, by its nearest piece', async () => {
    const table = vectors.of({ namespace: 1, space: 1 })
    await table.append(() => [row(1), row(2, 0), row(2, 1), row(3)])
    const found = await table.search(row(2, 1).vector, { limit: 10, among: [] })
    expect(found.map(({ memory }) => memory).toSorted()).toEqual([1, 2, 3])
    expect(found[0]).toEqual({ memory: 2, similarity: expect.closeTo(1, 5) })
    const asked = await table.search(row(2, 1).vector, { limit: 1, among: [2, 3, 4] })
    const near = ({ memory, similarity }: Near) => [memory, similarity.toFixed(5)]
    expect(asked.map(near)).toEqual(found.filter(({ memory }) => memory !== 1).map(near))
    expect(await table.contents()).toEqual(
      new Map([
        [1, 1],
        [2, 2],
        [3, 1],
      ]),
    )
  })

  it('has nothing for a namespace without a table, and makes none by asking', async () => {
    expect(
      await vectors.of({ namespace: 7, space: 1 }).search(row(1).vector, { limit: 5, among: [] }),
    ).toEqual([])
    await vectors.of({ namespace: 7, space: 1 }).remove([1])
    expect(vectors.of({ namespace: 7, space: 1 }).exists()).toBe(false)
  })

  it('keeps the number of files small after 200 single appends', async () => {
    const table = vectors.of({ namespace: 1, space: 1 })
    for (let at = 0; at < 200; at++) await table.append(() => [row(at)])
    await eventually('few files', () => filesIn(folder).length < 50)
    expect((await table.contents()).size).toBe(200)
    await vectors.close()
    expect(filesIn(folder).length).toBeLessThan(10)
    vectors = open()
    expect((await vectors.of({ namespace: 1, space: 1 }).contents()).size).toBe(200)
  })

  it('merges small files as it goes, so that a search reads few of them', async () => {
    for (let at = 0; at < 200; at++) await vectors.of({ namespace: 1, space: 1 }).append(() => [row(at)])
    const lancedb = await import('@lancedb/lancedb')
    const table = await (await lancedb.connect(folder)).openTable('ns_1')
    const { fragmentStats } = await table.stats()
    expect(fragmentStats.numFragments).toBeLessThan(40)
  })
})

describe('removing vectors', () => {
  it('removes one of many to the last byte', async () => {
    const table = vectors.of({ namespace: 1, space: 1 })
    await table.append(() => Array.from({ length: 500 }, (_, at) => row(at)))
    expect(filesWith(folder, bytesOf(row(77)))).not.toEqual([])
    await table.remove([77])
    expect(filesWith(folder, bytesOf(row(77)))).toEqual([])
    for (let at = 500; at < 505; at++) await table.append(() => [row(at)])
    await table.remove([78, 502])
    expect(filesWith(folder, bytesOf(row(78)))).toEqual([])
    expect(filesWith(folder, bytesOf(row(502)))).toEqual([])
    expect(filesWith(folder, bytesOf(row(79)))).toHaveLength(1)
    expect((await table.contents()).size).toBe(502)
  })

  it('disturbs no search while it appends, merges and removes', async () => {
    const table = vectors.of({ namespace: 1, space: 1 })
    await table.append(() => Array.from({ length: 100 }, (_, at) => row(at)))
    let working = true
    const readers = Array.from({ length: 4 }, async () => {
      for (let searches = 0; ; searches++) {
        const [nearest] = await table.search(row(5).vector, { limit: 3, among: [] })
        if (nearest?.memory !== 5) throw new Error('the nearest was not found')
        await nextTurn()
        if (!working) return searches
      }
    })
    for (let at = 100; at < 160; at++) {
      await table.append(() => [row(at)])
      if (at % 4 === 0) await table.remove([at - 50])
    }
    working = false
    for (const searches of await Promise.all(readers)) expect(searches).toBeGreaterThan(10)
  })

  it('leaves no table behind when the last memory goes', async () => {
    await vectors.of({ namespace: 1, space: 1 }).append(() => [row(1)])
    await vectors.of({ namespace: 1, space: 1 }).remove([1])
    expect(filesIn(folder)).toEqual([])
    await vectors.of({ namespace: 1, space: 1 }).append(() => [row(2)])
    expect((await vectors.of({ namespace: 1, space: 1 }).contents()).size).toBe(1)
  })

  it('sets a damaged table aside, and a removal takes that copy too', async () => {
    const table = vectors.of({ namespace: 1, space: 1 })
    await table.append(() => [row(1), row(2)])
    await vectors.close()
    for (const file of filesIn(folder).filter((name) => name.endsWith('.manifest'))) writeFileSync(file, 'x')
    vectors = open()
    await expect(vectors.of({ namespace: 1, space: 1 }).contents()).rejects.toThrow(/lance/i)
    await vectors.of({ namespace: 1, space: 1 }).setAside()
    expect(filesWith(folder, bytesOf(row(1)))).toHaveLength(1)
    await vectors.of({ namespace: 1, space: 1 }).append(() => [row(2)])
    await vectors.of({ namespace: 1, space: 1 }).remove([1])
    expect(filesWith(folder, bytesOf(row(1)))).toEqual([])
    expect((await vectors.of({ namespace: 1, space: 1 }).contents()).size).toBe(1)
  })
})
