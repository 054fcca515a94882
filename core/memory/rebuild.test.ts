import { setImmediate as nextTurn } from 'node:timers/promises'
import { afterEach, describe, expect, it } from 'vitest'
import { givenEmbedders } from './embedders/choose.ts'
import type { Embedder } from './embedder.ts'
import { createLog } from '../log.ts'
import { filesIn, filesWith, openTestMemory, said } from './testing.ts'
import { eventually } from '../testing/until.ts'
import { createVectors } from './vectors.ts'

/** A text is the letters it has: the same words in another spelling are near. Promises hold back what they are named for. */
function letters(id: string, dimensions: number) {
  const embedder: Embedder & { blocked?: Promise<void>; questions?: Promise<void>; asked: number } = {
    id,
    dimensions,
    asked: 0,
    async embed(texts, purpose = 'memory') {
      embedder.asked += texts.length
      await (purpose === 'memory' ? embedder.blocked : embedder.questions)
      return texts.map((text) => {
        const vector = new Float32Array(dimensions)
        for (const letter of text.replaceAll(' ', '')) {
          const at = letter.charCodeAt(0) % dimensions
          vector[at] = (vector[at] ?? 0) + 1
        }
        const length = Math.hypot(...vector)
        return vector.map((x) => x / length)
      })
    },
    close: async () => undefined,
  }
  return embedder
}

/** Embeds one batch of memories, and no more until it is killed. */
function stuckAfterOneStep(embedder: Embedder) {
  const held = Promise.withResolvers<void>()
  let steps = 0
  const slow: Embedder = {
    ...embedder,
    async embed(texts, purpose) {
      if (purpose !== 'question' && ++steps > 1) await held.promise
      return embedder.embed(texts, purpose)
    },
  }
  held.promise.catch(() => undefined)
  return { slow, kill: () => held.reject(new Error('killed')) }
}

let home: ReturnType<typeof openTestMemory> | undefined
afterEach(async () => {
  await home?.remove()
  home = undefined
})

async function start(wanted: Embedder, ...earlier: Embedder[]) {
  await home?.close()
  return (home = openTestMemory({
    ...(home && { home: home.home }),
    embedders: givenEmbedders(wanted, ...earlier),
  }))
}

const NOTES = Array.from({ length: 70 }, (_, at) => `note ${at} says ${'x'.repeat(at % 7)}`)
/** Shares no word with the memory, only letters. */
const ask = (text: string) =>
  home?.memory.search({ namespace: 'a', text: text.replaceAll(' ', ''), limit: 3 })
const first = async (text: string) => (await ask(text))?.[0]?.memory

async function fill() {
  await Promise.all(NOTES.map((note) => home?.memory.add(said('a', note))))
  await home?.memory.add(said('a', 'the red horse jumps'))
  await home?.memory.indexed()
}

const tables = () => [...new Set(filesIn(home?.folder ?? '').map((file) => /ns_[\d_]+\.\w+/.exec(file)?.[0]))]

/** Whether the index holds exactly what the record says, with vectors of this length. Closes the memory. */
async function expectEqual(space: number, dimensions: number): Promise<void> {
  const { sql } = home?.database ?? {}
  const wanted = sql?.prepare('select number, pieces from memory order by number').raw().all()
  expect(sql?.prepare('select count(*) from rebuilt').pluck().get()).toBe(0)
  const folder = home?.folder ?? ''
  await home?.close()
  const vectors = createVectors({ folder, log: createLog('silent') })
  const table = vectors.of({ namespace: 1, space })
  expect([...(await table.contents())].toSorted(([a], [b]) => a - b)).toEqual(wanted)
  const vector = new Float32Array(dimensions).fill(1 / Math.sqrt(dimensions))
  expect(await table.search(vector, { limit: 5, among: [] })).not.toEqual([])
  await vectors.close()
  home = openTestMemory({ home: home?.home ?? '' })
}

describe('a change of the embedder', () => {
  it('rebuilds the index beside the old one, which is searched and added to meanwhile, and swaps', async () => {
    const [old, next] = [letters('old', 8), letters('next', 16)]
    await start(old)
    await fill()
    const held = Promise.withResolvers<void>()
    next.blocked = held.promise
    await start(next, old)
    await eventually('the rebuild runs', () => next.asked > 0)
    expect(await first('the red horse jumps')).toBe('the red horse jumps')
    await home?.memory.add(said('a', 'a green bird sings'))
    expect(await first('a green bird sings')).toBe('a green bird sings')
    expect(home?.memory.status()).toMatchObject({ rebuilding: { total: 72 } })
    held.resolve()
    delete next.blocked
    await home?.memory.indexed()
    expect(home?.memory.status()).not.toHaveProperty('rebuilding')
    expect(tables()).toEqual(['ns_1_3.lance'])
    const asked = old.asked
    expect(await first('a green bird sings')).toBe('a green bird sings')
    expect(old.asked).toBe(asked)
    await expectEqual(3, 16)
  })

  it('answers every search while it is swapped', async () => {
    const [old, next] = [letters('old', 8), letters('next', 16)]
    await start(old)
    await fill()
    await start(next, old)
    let swapped = false
    void home?.memory.indexed().then(() => (swapped = true))
    let searches = 0
    for (let more = 5; more > 0; searches++) {
      expect(await first('the red horse jumps')).toBe('the red horse jumps')
      if (swapped) more--
      await nextTurn()
    }
    expect(searches).toBeGreaterThan(5)
    await expectEqual(3, 16)
  })

  it('asks a question again whose vector is from before the swap', async () => {
    const [old, next] = [letters('old', 8), letters('next', 16)]
    await start(old)
    await fill()
    const held = Promise.withResolvers<void>()
    old.questions = held.promise
    await start(next, old)
    const asked = first('the red horse jumps')
    await home?.memory.indexed()
    held.resolve()
    expect(await asked).toBe('the red horse jumps')
  })

  it('goes on after a restart where it was', async () => {
    const [old, next] = [letters('old', 8), letters('next', 16)]
    await start(old)
    await fill()
    const { slow, kill } = stuckAfterOneStep(next)
    await start(slow, old)
    const done = () => home?.database.sql.prepare('select count(*) from rebuilt').pluck().get()
    await eventually('some are rebuilt', () => done() !== 0)
    const before = Number(done())
    const closing = start(next, old)
    kill()
    await closing
    const asked = next.asked
    await home?.memory.indexed()
    expect(before).toBeGreaterThan(0)
    expect(next.asked - asked).toBe(71 - before)
    await expectEqual(3, 16)
  })

  it('forgets in both indexes while it rebuilds', async () => {
    const [old, next] = [letters('old', 8), letters('next', 16)]
    await start(old)
    await fill()
    const { id } = (await home?.memory.add(said('a', 'xylophonecanary'))) ?? { id: '' }
    await home?.memory.indexed()
    const vectors = [await old.embed(['xylophonecanary']), await next.embed(['xylophonecanary'])]
    await start(next, old)
    await Promise.all([home?.memory.indexed(), home?.memory.forget('a', { id })])
    for (const [vector] of vectors) {
      expect(filesWith(home?.home ?? '', Buffer.from((vector ?? new Float32Array(1)).buffer))).toEqual([])
    }
    expect(filesWith(home?.home ?? '', 'xylophonecanary')).toEqual([])
    await expectEqual(3, 16)
  })

  it('goes back when the change is taken back in the middle, and leaves nothing of it', async () => {
    const [old, next] = [letters('old', 8), letters('next', 16)]
    await start(old)
    await fill()
    const { slow, kill } = stuckAfterOneStep(next)
    await start(slow, old)
    await eventually('a part is there', () => tables().includes('ns_1_3.lance'))
    const closing = start(old, next)
    kill()
    await closing
    await home?.memory.indexed()
    expect(await first('the red horse jumps')).toBe('the red horse jumps')
    expect(tables()).toEqual(['ns_1_2.lance'])
    await expectEqual(2, 8)
  })

  it('searches by words until it is done when the old embedder is gone', async () => {
    const [old, next] = [letters('old', 8), letters('next', 16)]
    await start(old)
    await fill()
    const held = Promise.withResolvers<void>()
    next.blocked = held.promise
    await start(next)
    expect((await home?.memory.search({ namespace: 'a', text: 'horse', limit: 1 }))?.[0]?.memory).toBe(
      'the red horse jumps',
    )
    held.resolve()
    await home?.memory.indexed()
    expect(await first('the red horse jumps')).toBe('the red horse jumps')
  })
})
