import { expect, it } from 'vitest'
import { createHotVectors } from './hot.ts'

const DIMENSIONS = 7

/** Of length 1, another for each seed. */
function vectorOf(seed: number): Float32Array {
  const vector = Float32Array.from({ length: DIMENSIONS }, (_, i) =>
    Math.sin(seed * 12.9898 + i * i * 78.233),
  )
  const length = Math.hypot(...vector)
  return vector.map((x) => x / length)
}

it('gives exactly the nearest rows and those of `among`, each memory once by its nearest row', () => {
  const rows = Array.from({ length: 1_003 }, (_, at) => ({
    memory: 1 + ((at * 7) % 400),
    piece: 0,
    vector: vectorOf(at),
  }))
  const hot = createHotVectors(DIMENSIONS)
  hot.add(rows.slice(0, 2))
  hot.add(rows.slice(2))
  const question = vectorOf(5_000)
  const cosines = rows
    .map(({ memory, vector }) => ({
      memory,
      cosine: vector.reduce((sum, x, i) => sum + x * question[i]!, 0),
    }))
    .toSorted((a, b) => b.cosine - a.cosine)
  const among = [...new Set(cosines.map(({ memory }) => memory))].slice(-3)
  const wanted = [...new Set([...cosines.slice(0, 50).map(({ memory }) => memory), ...among])]

  const found = hot.search(question, { limit: 50, among: [...among, 9_999] })
  expect(found.map(({ memory }) => memory)).toEqual(wanted)
  for (const { memory, similarity } of found) {
    expect(similarity).toBeCloseTo(cosines.find((one) => one.memory === memory)?.cosine ?? NaN, 5)
  }
})
