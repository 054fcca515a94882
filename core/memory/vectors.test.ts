import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createLog } from '../log.ts'
import { eventually, filesIn, filesWith } from './testing.ts'
import type { VectorRow } from './table.ts'
import { createVectors, type Vectors } from './vectors.ts'

let folder: string
let vectors: Vectors

const open = (keep?: number) =>
  createVectors({ folder, dimensions: 16, log: createLog('silent'), ...(keep !== undefined && { keep }) })

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'homeclaw-vectors-'))
  vectors = open()
})
afterEach(async () => {
  await vectors.close()
  rmSync(folder, { recursive: true, force: true })
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
    const table = vectors.of(1)
    await table.append(() => [row(1), row(2, 0), row(2, 1), row(3)])
    const found = await table.search(row(2, 1).vector, { limit: 10 })
    expect(found.map(({ memory }) => memory).toSorted()).toEqual([1, 2, 3])
    expect(found[0]).toEqual({ memory: 2, similarity: expect.closeTo(1, 5) })
    expect(await table.search(row(2, 1).vector, { limit: 10, among: [3] })).toHaveLength(1)
    expect(await table.contents()).toEqual(
      new Map([
        [1, 1],
        [2, 2],
        [3, 1],
      ]),
    )
  })

  it('has nothing for a namespace without a table, and makes none by asking', async () => {
    expect(await vectors.of(7).search(row(1).vector, { limit: 5 })).toEqual([])
    await vectors.of(7).remove([1])
    expect(vectors.of(7).exists()).toBe(false)
  })

  it('keeps the number of files small after 200 single appends', async () => {
    await vectors.close()
    vectors = open(50)
    const table = vectors.of(1)
    for (let at = 0; at < 200; at++) await table.append(() => [row(at)])
    await eventually('few files', () => filesIn(folder).length < 50)
    expect((await table.contents()).size).toBe(200)
    await vectors.close()
    expect(filesIn(folder).length).toBeLessThan(10)
    vectors = open()
    expect((await vectors.of(1).contents()).size).toBe(200)
  })

  it('removes one of many to the last byte, while others read', async () => {
    const table = vectors.of(1)
    await table.append(() => Array.from({ length: 500 }, (_, at) => row(at)))
    for (let at = 500; at < 505; at++) await table.append(() => [row(at)])
    expect(filesWith(folder, bytesOf(row(77)))).not.toEqual([])
    const reading = Array.from({ length: 30 }, () => table.search(row(5).vector, { limit: 3 }))
    await table.remove([77, 502])
    for (const found of await Promise.all(reading)) expect(found[0]?.memory).toBe(5)
    expect(filesWith(folder, bytesOf(row(77)))).toEqual([])
    expect(filesWith(folder, bytesOf(row(502)))).toEqual([])
    expect(filesWith(folder, bytesOf(row(78)))).toHaveLength(1)
    expect((await table.contents()).size).toBe(503)
  })

  it('leaves no table behind when the last memory goes', async () => {
    await vectors.of(1).append(() => [row(1)])
    await vectors.of(1).remove([1])
    expect(filesIn(folder)).toEqual([])
    await vectors.of(1).append(() => [row(2)])
    expect((await vectors.of(1).contents()).size).toBe(1)
  })

  it('sets a damaged table aside, and a removal takes that copy too', async () => {
    const table = vectors.of(1)
    await table.append(() => [row(1), row(2)])
    await vectors.close()
    for (const file of filesIn(folder).filter((name) => name.endsWith('.manifest'))) writeFileSync(file, 'x')
    vectors = open()
    await expect(vectors.of(1).contents()).rejects.toThrow(/lance/i)
    await vectors.of(1).setAside()
    expect(filesWith(folder, bytesOf(row(1)))).toHaveLength(1)
    await vectors.of(1).append(() => [row(2)])
    await vectors.of(1).remove([1])
    expect(filesWith(folder, bytesOf(row(1)))).toEqual([])
    expect((await vectors.of(1).contents()).size).toBe(1)
  })
})
