import { createLog } from '../../../core/log.ts'
import { createVectors } from '../../../core/memory/vectors.ts'
import type { Figure } from '../bench.ts'
import {
  cpu,
  memoryOf,
  openScene,
  quantile,
  type Scene,
  sentence,
  timed,
  topicEmbedder,
  weightOf,
} from './scene.ts'

const OWN = 10_000
const OF_EACH_OTHER = 1_000
const AT_ONCE = 500
const SEARCHES = 300
const QUESTIONS = 100
const NEAREST = 10
/** Of this one namespace, while the others hold the rest. */
const NAMESPACE = 'the one'

/** One namespace of ten thousand memories among `memories` in all: exactness, speed, and what was just added. */
export async function benchAmong(home: string, memories: number): Promise<Figure[]> {
  const scene = openScene(home)
  const filled = await timed(() => fill(scene, memories))
  await search(scene, 0, 10)
  const waits: number[] = []
  const before = cpu()
  let unseen = 0
  for (let at = 0; at < SEARCHES; at++) {
    if (at % 10 === 0) {
      const number = memories + at
      const { id } = await scene.memory.add(memoryOf(NAMESPACE, number))
      const found = await search(scene, number, 10)
      if (!found.some((memory) => memory.id === id)) unseen++
    }
    waits.push(await timed(() => search(scene, at * 31, 10)))
  }
  const spent = (cpu() - before) / SEARCHES
  const { files, bytes } = weightOf(home)
  await scene.close()
  const recall = await recallOf(scene.folder)
  return [
    {
      name: `recall@${NEAREST} of the vectors against exact`,
      value: recall,
      unit: '',
      limit: { least: 0.99 },
      detail: `${QUESTIONS} questions`,
    },
    {
      name: `search in ${OWN} of ${memories}, p50`,
      value: quantile(waits, 0.5),
      unit: 'ms',
      limit: { most: 10 },
    },
    {
      name: `search in ${OWN} of ${memories}, p99`,
      value: quantile(waits, 0.99),
      unit: 'ms',
      limit: { most: 25 },
      detail: `${SEARCHES} searches between adds, CPU ${spent.toFixed(2)} ms each`,
    },
    {
      name: 'just added and not found by the next search',
      value: unseen,
      unit: 'memories',
      limit: { most: 0 },
    },
    {
      name: 'filled and indexed in',
      value: filled / 1_000,
      unit: 's',
      detail: `${files} files, ${(bytes / 1e6).toFixed(0)} MB, Core ${(process.memoryUsage.rss() / 1e6).toFixed(0)} MB`,
    },
  ]
}

async function fill({ memory }: Scene, memories: number): Promise<void> {
  for (let number = 0; number < memories; number += AT_ONCE) {
    const some = Array.from({ length: Math.min(AT_ONCE, memories - number) }, (_, at) => {
      const each = number + at
      return memory.add(memoryOf(each < OWN ? NAMESPACE : `other ${Math.floor(each / OF_EACH_OTHER)}`, each))
    })
    await Promise.all(some)
    if (number % 50_000 === 0) await memory.indexed()
  }
  await memory.indexed()
}

const search = ({ memory }: Scene, number: number, limit: number) =>
  memory.search({ namespace: NAMESPACE, text: sentence(number), limit })

/** The nearest vectors that the index gives, against the cosines of all ten thousand. */
async function recallOf(folder: string): Promise<number> {
  const vectors = createVectors({ folder, log: createLog('warn') })
  const table = vectors.of({ namespace: 1, space: 2 })
  const all = await topicEmbedder().embed(Array.from({ length: OWN }, (_, number) => sentence(number)))
  let found = 0
  for (let at = 0; at < QUESTIONS; at++) {
    const question = all[(at * 97) % OWN] ?? new Float32Array()
    const cosines = all.map((vector, number) => ({ memory: number + 1, cosine: dot(vector, question) }))
    const exact = cosines.toSorted((a, b) => b.cosine - a.cosine).slice(0, NEAREST)
    const given = await table.search(question, { limit: NEAREST + SEARCHES / 10, among: [] })
    const nearest = given.filter(({ memory }) => memory <= OWN).slice(0, NEAREST)
    found += nearest.filter(({ memory }) => exact.some((one) => one.memory === memory)).length
  }
  await vectors.close()
  return found / (QUESTIONS * NEAREST)
}

const dot = (a: Float32Array, b: Float32Array): number => a.reduce((sum, x, at) => sum + x * (b[at] ?? 0), 0)
