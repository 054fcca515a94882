import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createLog } from '../log.ts'
import type { Embedder } from './embedder.ts'
import { filesIn, openTestMemory, said } from './testing.ts'
import { createVectors } from './vectors.ts'

const DIMENSIONS = 16

/** `fact 7` has a vector of its own, near to no other. */
const vectorOf = (text: string): Float32Array => {
  const seed = Number(/\d+/.exec(text)?.[0] ?? 0) + 1
  const vector = Float32Array.from({ length: DIMENSIONS }, (_, i) =>
    Math.sin(seed * 12.9898 + i * i * 78.233),
  )
  const length = Math.hypot(...vector)
  return vector.map((x) => x / length)
}

const embedder: Embedder = {
  id: 'facts',
  dimensions: DIMENSIONS,
  embed: async (texts) => texts.map(vectorOf),
  close: async () => undefined,
}

const FACTS = 120
let home: ReturnType<typeof openTestMemory>

async function restart() {
  await home.close()
  home = openTestMemory({ home: home.home, embedder })
}

beforeEach(async () => {
  home = openTestMemory({ embedder })
  for (const half of [0, 1]) {
    const numbers = Array.from({ length: FACTS / 2 }, (_, at) => (half * FACTS) / 2 + at)
    await Promise.all(numbers.map((number) => home.memory.add(said('a', `fact ${number}`))))
    await home.memory.indexed()
  }
})
afterEach(() => home.remove())

/** The files with rows in them, largest first. */
const dataFiles = () =>
  filesIn(home.folder)
    .filter((file) => file.endsWith('.lance') && file.includes('/data/'))
    .toSorted((a, b) => readFileSync(b).length - readFileSync(a).length)

/** Searches, which is how it is noticed; then the index has to be as if nothing had happened. Closes the memory. */
async function expectMended(): Promise<void> {
  await home.memory.search({ namespace: 'a', text: 'fact 7', limit: 3 })
  await home.memory.indexed()
  const wanted = home.database.sql
    .prepare<[], { number: number; text: string }>('select number, text from memory order by number')
    .all()
  await home.memory.close()
  const vectors = createVectors({ folder: home.folder, log: createLog('silent') })
  const table = vectors.of({ namespace: 1, space: 2 })
  expect([...(await table.contents()).keys()].toSorted((a, b) => a - b)).toEqual(
    wanted.map(({ number }) => number),
  )
  for (const { number, text } of wanted.slice(0, 20)) {
    const [nearest] = await table.search(vectorOf(text), { limit: 1, among: [] })
    expect(nearest).toEqual({ memory: number, similarity: expect.closeTo(1, 5) })
  }
  await vectors.close()
}

const setAside = () => readdirSync(home.folder).filter((name) => name.endsWith('.set_aside'))

describe('an index that opens but is damaged is set aside and rebuilt', () => {
  it('when a single bit of a vector has changed', async () => {
    await home.memory.close()
    const needle = Buffer.from(vectorOf('fact 7').buffer)
    for (const file of dataFiles()) {
      const bytes = readFileSync(file)
      const at = bytes.indexOf(needle)
      if (at < 0) continue
      bytes[at + 5] = (bytes[at + 5] ?? 0) ^ 1
      writeFileSync(file, bytes)
    }
    await restart()
    await expectMended()
    expect(setAside()).toHaveLength(1)
  })

  it('when bytes have changed anywhere in it', async () => {
    for (const part of [0.05, 0.35, 0.65, 0.97]) {
      await home.memory.close()
      const [file = ''] = dataFiles()
      const bytes = readFileSync(file)
      bytes.fill(0xa5, Math.floor(bytes.length * part), Math.floor(bytes.length * part) + 24)
      writeFileSync(file, bytes)
      await restart()
      await expectMended()
      expect(setAside()).toHaveLength(1)
      rmSync(`${home.folder}/${setAside()[0]}`, { recursive: true })
      await restart()
    }
  })

  it('when a file with rows is missing', async () => {
    await home.memory.close()
    rmSync(dataFiles()[0] ?? '')
    await restart()
    await expectMended()
    expect(setAside()).toHaveLength(1)
  })
})
