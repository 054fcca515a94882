import type { Figure } from '../bench.ts'
import { cpu, memoryOf, openScene, quantile, timed } from './scene.ts'

const CALLERS = 64
const ADDS = 20_000
const ROUNDS = 3

/** Adds that are on disk when they resolve, of many callers at once; they are indexed meanwhile. */
export async function benchAdds(home: string): Promise<Figure[]> {
  const scene = openScene(home)
  const perSecond: number[] = []
  const p99: number[] = []
  const before = cpu()
  let number = 0
  try {
    for (let round = 0; round < ROUNDS; round++) {
      const waits: number[] = []
      const until = number + ADDS
      const took = await timed(() =>
        Promise.all(
          Array.from({ length: CALLERS }, async (_, caller) => {
            while (number < until) {
              const memory = memoryOf(`caller ${caller}`, number++)
              waits.push(await timed(() => scene.memory.add(memory)))
            }
          }),
        ),
      )
      perSecond.push((waits.length / took) * 1_000)
      p99.push(quantile(waits, 0.99))
    }
    await scene.memory.indexed()
  } finally {
    await scene.close()
  }
  const spent = cpu() - before
  const each = `${ROUNDS} rounds of ${ADDS}: ${perSecond.map((x) => x.toFixed(0)).join(', ')} a second; CPU ${(spent / number).toFixed(3)} ms an add, indexing included`
  return [
    {
      name: `durable adds, ${CALLERS} callers`,
      value: quantile(perSecond, 0.5),
      unit: 'a second',
      limit: { least: 5_000 },
      detail: each,
    },
    { name: 'an add, p99', value: quantile(p99, 0.5), unit: 'ms', limit: { most: 25 } },
  ]
}
