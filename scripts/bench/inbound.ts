import type { Bench } from './bench.ts'
import { inboundRequest, makeFolder, PEOPLE, rawRequest, startCoreWithEcho } from './core.ts'
import { load, type Load, median } from './load.ts'
import { cpuOf, type Server, startServer } from './process.ts'

const ROUNDS = 5
const WARM = 8

/**
 * CPU of Core for one message through /inbound, stored and answered by a plugin: against that of the raw echo, and
 * against the least that its libraries take for it.
 */
export const benchInbound: Bench = async () => {
  const folder = makeFolder()
  try {
    await using raw = await startServer('raw-echo')
    await using plugin = await startServer('echo-plugin')
    await using least = await startServer('least', [folder.path, plugin.url])
    await using core = await startCoreWithEcho(folder.path, plugin.url)
    const rounds = { connections: PEOPLE, seconds: 1 }
    const inbound = { ...rounds, request: inboundRequest(core.key) }
    const measured = [
      { server: raw, what: { ...rounds, request: rawRequest }, cpu: [] as number[] },
      { server: least, what: inbound, cpu: [] as number[] },
      { server: core, what: inbound, cpu: [] as number[] },
    ] as const
    for (const { server, what } of measured) await load(server.url, { ...what, seconds: WARM })
    for (let round = 0; round < ROUNDS; round++) {
      for (const { server, what, cpu } of measured) cpu.push(await cpuPerRequest(server, what))
    }
    const [ofRaw, ofLeast, ofCore] = measured.map(({ cpu }) => median(cpu)) as [number, number, number]
    return [
      {
        name: 'CPU of a message through /inbound and a plugin ÷ raw echo',
        value: ofCore / ofRaw,
        unit: 'times',
        limit: { most: 12 },
        goal: 6,
        detail: `Core ${shown(ofCore)}, raw ${shown(ofRaw)} a request`,
      },
      {
        name: 'CPU of a message ÷ the least with the same libraries',
        value: ofCore / ofLeast,
        unit: 'times',
        limit: { most: 2 },
        detail: `the least ${shown(ofLeast)}, ${(ofLeast / ofRaw).toFixed(1)} times the raw echo`,
      },
    ]
  } finally {
    folder.remove()
  }
}

const shown = (ms: number): string => `${(ms * 1000).toFixed(0)} µs`

async function cpuPerRequest({ url, pid }: Pick<Server, 'url' | 'pid'>, what: Load): Promise<number> {
  const before = cpuOf(pid)
  const { requests } = await load(url, what)
  return (cpuOf(pid) - before) / requests
}
