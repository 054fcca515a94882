import * as fc from 'fast-check'
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

const hostile = fc.oneof(
  fc.constantFrom(
    'alice',
    'Alice',
    'alice ',
    "alice' OR '1'='1",
    'alice" OR "1"="1',
    'ns1',
    'ns_1',
    '1',
    '../ns_1',
    'a/b',
    'a\\b',
    '__proto__',
    'constructor',
    'companion',
    'companion_friend',
    'companion_friend:x',
    'alice\0',
    '\0',
    '%',
    '_',
    '*',
    'CON',
    '.',
    '..',
    'é',
    'e\u0301',
    '😀',
    '; drop table memory; --',
    'x'.repeat(200),
  ),
  fc.string({ unit: 'binary', minLength: 1, maxLength: 40 }),
  fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }),
)

const queries = fc.oneof(
  fc.constantFrom(
    'secret',
    'secret OR *',
    'scope:ns1',
    'scope : "ns2" OR text:secret',
    'NEAR(secret secret, 10)',
    '"secret" AND NOT "x"',
    '{scope text} : secret',
    'secret*',
    '^secret',
    'secret")) OR ("secret',
    "secret' or 1=1 --",
    'secret\0secret',
    'ns1 ns2 ns3 secret',
    '猫 secret 猫',
    'secret '.repeat(2_000),
  ),
  fc.string({ unit: 'binary', maxLength: 100 }).map((text) => `secret ${text}`),
)

describe('isolation', () => {
  it('never shows one namespace anything of another, whatever names and questions are (800 cases)', async () => {
    const owner = new Map<string, string>()
    let turn = 0
    await fc.assert(
      fc.asyncProperty(hostile, hostile, queries, async (one, other, query) => {
        fc.pre(one.isWellFormed() && other.isWellFormed())
        const { id } = await home.memory.add(said(one, `secret of case ${++turn}`, `turn ${turn}`))
        owner.set(id, one)
        const [own, foreign] = await Promise.all([
          home.memory.search({ namespace: one, text: query, limit: 50 }),
          home.memory.search({ namespace: other, text: query, limit: 50 }),
        ])
        expect(own.length).toBeGreaterThan(0)
        for (const found of own) expect(owner.get(found.id)).toBe(one)
        for (const found of foreign) expect(owner.get(found.id)).toBe(other)
        if (one !== other) expect(await home.memory.forget(other, { id })).toMatchObject({ memories: 0 })
      }),
      { numRuns: 800 },
    )
  }, 60_000)

  it('scores the same whatever other namespaces hold', async () => {
    const ask = () => home.memory.search({ namespace: 'quiet', text: 'rare common word', limit: 10 })
    await home.memory.add(said('quiet', 'a rare word'))
    await home.memory.add(said('quiet', 'a common word'))
    const before = await ask()
    for (let at = 0; at < 50; at++) await home.memory.add(said('loud', `rare rare rare ${at}`))
    expect(await ask()).toEqual(before)
  })
})
