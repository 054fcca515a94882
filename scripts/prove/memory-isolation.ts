import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { openDatabase } from '../../core/database.ts'
import { createLog } from '../../core/log.ts'
import type { Embedder } from '../../core/memory/embedder.ts'
import { givenEmbedders } from '../../core/memory/embedders/choose.ts'
import { createMemory, memoryMigrations } from '../../core/memory/index.ts'
import { hostileNames, hostileQueries } from './hostile.ts'
import type { ProveOptions, Report } from './report.ts'

/** Cases for one of `--times`: fifty of these make ten thousand. */
const CASES = 200

/** Every text lies on the same spot: without tables of their own, each would be the nearest of all. */
const sameForAll: Embedder = {
  id: 'same',
  dimensions: 4,
  embed: async (texts) => texts.map(() => Float32Array.of(1, 0, 0, 0)),
  close: async () => undefined,
}

/**
 * Two tenants with hostile names, hostile questions: neither ever finds, forgets or changes anything of the other.
 * On real stores.
 */
export async function memoryIsolation({ times, seed }: ProveOptions): Promise<Report> {
  const home = await mkdtemp(join(tmpdir(), 'homeclaw-prove-'))
  const database = openDatabase(join(home, 'core.db'), memoryMigrations)
  const memory = createMemory({
    database,
    folder: join(home, 'lancedb'),
    log: createLog('silent'),
    patience: 15_000,
    embedders: givenEmbedders(sameForAll),
  })
  const owner = new Map<string, string>()
  const failures: string[] = []
  let answers = 0
  let turn = 0

  async function check(one: string, other: string, query: string): Promise<void> {
    const source = { kind: 'turn' as const, id: `turn ${++turn}` }
    const { id } = await memory.add({ namespace: one, text: `secret of case ${turn}`, source })
    owner.set(id, one)
    for (const namespace of [one, other]) {
      const found = await memory.search({ namespace, text: query, limit: 50 })
      answers += found.length
      const foreign = found.filter((each) => owner.get(each.id) !== namespace)
      if (foreign.length > 0)
        failures.push(`${JSON.stringify({ namespace, query })} found ${foreign.length} foreign`)
    }
    if (one === other) return
    const { memories } = await memory.forget(other, { id })
    if (memories > 0) failures.push(`${JSON.stringify({ one, other })}: forgotten by another`)
    if (memory.get(other, id)) failures.push(`${JSON.stringify({ one, other })}: read by another`)
  }

  try {
    const property = fc.asyncProperty(hostileNames, hostileNames, hostileQueries, check)
    await fc.assert(property, { numRuns: times * CASES, seed, endOnFailure: true })
  } finally {
    await memory.close()
    database.close()
    await rm(home, { recursive: true, force: true })
  }
  return {
    failures,
    figures: { cases: turn, seed, 'memories found': answers, namespaces: new Set(owner.values()).size },
  }
}
