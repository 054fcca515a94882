import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Embedder } from './embedder.ts'
import { openTestMemory, said } from './testing.ts'

/** Every text lies on the same spot: without the tables of their own, each would be the nearest of all. */
const sameForAll: Embedder = {
  id: 'same',
  dimensions: 4,
  embed: async (texts) => texts.map(() => Float32Array.of(1, 0, 0, 0)),
  close: async () => undefined,
}

let home: ReturnType<typeof openTestMemory>
beforeAll(() => {
  home = openTestMemory({ embedder: sameForAll })
})
afterAll(() => home.remove())

describe('isolation', () => {
  it('scores the same whatever other namespaces hold', async () => {
    const ask = () => home.memory.search({ namespace: 'quiet', text: 'rare common word', limit: 10 })
    await home.memory.add(said('quiet', 'a rare word'))
    await home.memory.add(said('quiet', 'a common word'))
    const before = await ask()
    for (let at = 0; at < 50; at++) await home.memory.add(said('loud', `rare rare rare ${at}`))
    expect(await ask()).toEqual(before)
  })
})
