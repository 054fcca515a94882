import { setTimeout as pause } from 'node:timers/promises'
import { afterEach, describe, expect, it } from 'vitest'
import { createLog } from '../log.ts'
import type { VectorRow } from './rows.ts'
import { createShelf, type Shelf } from './shelf.ts'
import { eventually } from '../testing/until.ts'
import type { Place } from './vectors.ts'

const A: Place = { namespace: 1, space: 1 }
const B: Place = { namespace: 2, space: 1 }
const row = (memory: number): VectorRow => ({
  memory,
  piece: 0,
  vector: Float32Array.of(Math.cos(memory), Math.sin(memory)),
})

let shelf: Shelf
afterEach(() => shelf.close())

/** A shelf, and what it stored, place by place. @param slow how long storing takes, in ms */
function open(broken: { isSo: boolean } = { isSo: false }, slow = 0) {
  const stored: [number, number[]][] = []
  shelf = createShelf({
    log: createLog('silent'),
    async store({ namespace }, memories) {
      if (broken.isSo) throw new Error('the disk is full')
      if (slow > 0) await pause(slow)
      stored.push([namespace, [...memories]])
    },
  })
  return stored
}

const found = (place: Place, memory: number) =>
  shelf.search(place, row(memory).vector, { limit: 1, among: [] }).map((near) => near.memory)

describe('the shelf', () => {
  it('finds what lies there, in its place only, until it is stored', async () => {
    const stored = open()
    await shelf.put(A, [1, 2], [row(1), row(2)])
    await shelf.put(B, [3], [row(3)])
    expect([found(A, 2), found(B, 2)]).toEqual([[2], [3]])
    await shelf.put(A, [4], [row(4)])
    expect(found(A, 4)).toEqual([4])
    expect([...shelf.held()]).toEqual([1, 2, 3, 4])
    await shelf.flush()
    expect(stored).toEqual([
      [1, [1, 2, 4]],
      [2, [3]],
    ])
    expect([...shelf.held()]).toEqual([])
    expect(found(A, 2)).toEqual([])
  })

  it('stores by itself, many at once', async () => {
    const stored = open()
    for (let memory = 1; memory <= 20; memory++) await shelf.put(A, [memory], [row(memory)])
    await eventually('stored', () => stored.length > 0)
    expect(stored.map(([, memories]) => memories.length)).toEqual([20])
  })

  it('stores by itself what came while it was storing, however long that took', async () => {
    const stored = open({ isSo: false }, 500)
    await shelf.put(A, [1], [row(1)])
    await pause(300)
    await shelf.put(A, [2], [row(2)])
    await eventually('stored', () => stored.length === 2)
    expect([...shelf.held()]).toEqual([])
  })

  it('keeps and finds what cannot be stored, takes no more when it is full, and stores it in the end', async () => {
    const broken = { isSo: true }
    const stored = open(broken)
    const memories = Array.from({ length: 512 }, (_, at) => at + 1)
    await shelf.put(A, memories, memories.map(row))
    await shelf.flush()
    expect(found(A, 7)).toContain(7)
    await expect(shelf.put(A, [9_999], [row(9_999)])).rejects.toThrow('takes nothing')
    broken.isSo = false
    await eventually('stored', () => stored.length > 0)
    await shelf.put(A, [9_999], [row(9_999)])
    await shelf.flush()
    expect(stored.flatMap(([, some]) => some)).toEqual([...memories, 9_999])
  })
})
