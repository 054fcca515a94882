import type { Bench } from './bench.ts'
import { makeFolder, PEOPLE } from './core.ts'
import { load, type LoadResult, median } from './load.ts'
import { startServer } from './process.ts'

const ROUNDS = 5
const KEY = 'bench-owner-key'

/** Messages per second that are on disk before they are answered, against the same without a database. */
export const benchDurable: Bench = async () => {
  const folder = makeFolder()
  try {
    await using durable = await startServer('inbound', [folder.path, 'durable', KEY])
    await using memory = await startServer('inbound', [folder.path, 'memory', KEY])
    const run = (url: string): Promise<LoadResult> =>
      load(url, { connections: PEOPLE, seconds: 1, request: systemRequest })
    for (const { url } of [durable, memory]) await run(url)

    const ratios: number[] = []
    const perSecond = { durable: [] as number[], memory: [] as number[] }
    for (let round = 0; round < ROUNDS; round++) {
      const [stored, kept] = [await run(durable.url), await run(memory.url)]
      perSecond.durable.push(stored.perSecond)
      perSecond.memory.push(kept.perSecond)
      ratios.push(stored.perSecond / kept.perSecond)
    }
    return [
      {
        name: `durable messages at ${PEOPLE} connections ÷ the same without a database`,
        value: median(ratios),
        unit: 'times',
        limit: { least: 0.6 },
        goal: 0.75,
        detail: `${median(perSecond.durable).toFixed(0)} a second on disk, ${median(perSecond.memory).toFixed(0)} in memory`,
      },
    ]
  } finally {
    folder.remove()
  }
}

const systemRequest = (number: number) => ({
  path: '/inbound',
  headers: { 'x-api-key': KEY },
  body: `{"user_id":"person${number % PEOPLE}","channel_name":"webchat","text":"How was your day, and what did you do?"}`,
})
