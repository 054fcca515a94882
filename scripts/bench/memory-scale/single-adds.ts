import { cpSync } from 'node:fs'
import { join } from 'node:path'
import type { Figure } from '../bench.ts'
import { memoryOf, openScene, quantile, type Scene, sentence, timed, watchLoop, weightOf } from './scene.ts'

const ADDS = 10_000
/** Every so many adds a search follows, which has to find what was just added, so that each of these is an append. */
const SEARCH_EVERY = 5
const SEARCHES = 200
const ROUNDS = 5

/** What single adds leave behind, against the same compacted; and what compaction costs the searches meanwhile. */
export async function benchSingleAdds(home: string): Promise<Figure[]> {
  const scene = openScene(join(home, 'single'))
  const meanwhile: number[] = []
  let unseen = 0
  const longest = watchLoop()
  for (let number = 0; number < ADDS; number++) {
    const { id } = await scene.memory.add(memoryOf('a', number))
    if (number % SEARCH_EVERY > 0) continue
    let found: readonly { id: string }[] = []
    meanwhile.push(await timed(async () => (found = await search(scene, number))))
    if (!found.some((memory) => memory.id === id)) unseen++
  }
  await scene.memory.indexed()
  const blocked = longest()
  const left = weightOf(scene.folder)
  const compacted = await compactedCopy(home, scene)
  const ratios: number[] = []
  for (let round = 0; round < ROUNDS; round++) {
    const [now, then] = [await p50(scene), await p50(compacted)]
    ratios.push(now / then)
  }
  const least = weightOf(compacted.folder)
  await Promise.all([scene.close(), compacted.close()])
  return [
    {
      name: 'search after 10,000 single adds ÷ after compaction, p50',
      value: quantile(ratios, 0.5),
      unit: 'times',
      limit: { most: 1.3 },
    },
    {
      name: 'disk ÷ after compaction',
      value: left.bytes / least.bytes,
      unit: 'times',
      limit: { most: 2 },
      detail: `${mb(left.bytes)}, ${mb(least.bytes)} MB`,
    },
    {
      name: 'files of the index',
      value: left.files,
      unit: 'files',
      limit: { most: 200 },
      detail: `${least.files} after compaction`,
    },
    {
      name: 'the slowest search beside adds and compaction − the median',
      value: Math.max(...meanwhile) - quantile(meanwhile, 0.5),
      unit: 'ms',
      limit: { most: 50 },
      detail: `${meanwhile.length} searches, p50 ${quantile(meanwhile, 0.5).toFixed(1)}, p99 ${quantile(meanwhile, 0.99).toFixed(1)} ms`,
    },
    {
      name: 'the longest that Core stood still for meanwhile',
      value: blocked,
      unit: 'ms',
      goal: 20,
      detail: 'commits to disk included',
    },
    {
      name: 'just added and not found by the next search',
      value: unseen,
      unit: 'memories',
      limit: { most: 0 },
    },
  ]
}

const search = ({ memory }: Scene, number: number) =>
  memory.search({ namespace: 'a', text: sentence(number), limit: 10 })

async function p50(scene: Scene): Promise<number> {
  const waits: number[] = []
  for (let at = 0; at < SEARCHES / ROUNDS; at++) {
    waits.push(await timed(() => search(scene, (at * 7_919) % ADDS)))
  }
  return quantile(waits, 0.5)
}

/** The same home, with the index as `close` leaves it: in one piece. */
async function compactedCopy(home: string, scene: Scene): Promise<Scene> {
  const copy = join(home, 'compacted')
  scene.database.sql.pragma('wal_checkpoint(TRUNCATE)')
  cpSync(join(home, 'single'), copy, { recursive: true })
  const lancedb = await import('@lancedb/lancedb')
  const connection = await lancedb.connect(join(copy, 'lancedb'))
  for (const name of await connection.tableNames()) {
    const table = await connection.openTable(name)
    await table.optimize()
    await table.optimize({ cleanupOlderThan: new Date(Date.now() + 60_000), deleteUnverified: true })
    table.close()
  }
  connection.close()
  return openScene(copy)
}

const mb = (bytes: number): string => (bytes / 1e6).toFixed(1)
