import type { Bench } from './bench.ts'
import { inboundRequest, makeFolder, PEOPLE, rawRequest, startCoreWithEcho } from './core.ts'
import { load, type Load, median } from './load.ts'
import { cpuOf, type Server, startServer } from './process.ts'

const ROUNDS = 5
const WARM = 8

/** CPU of Core for one message through /inbound, stored and answered by a plugin, against that of the raw echo. */
export const benchInbound: Bench = async () => {
  const folder = makeFolder()
  try {
    await using raw = await startServer('raw-echo')
    await using plugin = await startServer('echo-plugin')
    await using core = await startCoreWithEcho(folder.path, plugin.url)
    const rounds = { connections: PEOPLE, seconds: 1 }
    const inbound = { ...rounds, request: inboundRequest(core.key) }
    const echo = { ...rounds, request: rawRequest }
    await load(raw.url, { ...echo, seconds: WARM })
    await load(core.url, { ...inbound, seconds: WARM })

    const ratios: number[] = []
    const cpu = { raw: [] as number[], core: [] as number[] }
    for (let round = 0; round < ROUNDS; round++) {
      const [ofRaw, ofCore] = [await cpuPerRequest(raw, echo), await cpuPerRequest(core, inbound)]
      cpu.raw.push(ofRaw)
      cpu.core.push(ofCore)
      ratios.push(ofCore / ofRaw)
    }
    return [
      {
        name: 'CPU of a message through /inbound and a plugin ÷ raw echo',
        value: median(ratios),
        unit: 'times',
        limit: { most: 12 },
        goal: 6,
        detail: `Core ${median(cpu.core).toFixed(3)} ms, raw ${median(cpu.raw).toFixed(3)} ms a request`,
      },
    ]
  } finally {
    folder.remove()
  }
}

async function cpuPerRequest({ url, pid }: Pick<Server, 'url' | 'pid'>, what: Load): Promise<number> {
  const before = cpuOf(pid)
  const { requests } = await load(url, what)
  return (cpuOf(pid) - before) / requests
}
