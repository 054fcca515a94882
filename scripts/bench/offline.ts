import type { Bench } from './bench.ts'
import { inboundRequest, makeFolder, rawRequest, startCoreWithEcho } from './core.ts'
import { load, median } from './load.ts'
import { startServer } from './process.ts'

const ROUNDS = 5
const DEADLINE = 10_000

/** "Echo is offline now.", when Core knows it already: what the person waits longer than for one stored row. */
export const benchOffline: Bench = async () => {
  const folder = makeFolder()
  try {
    await using durable = await startServer('durable-echo', [folder.path])
    const plugin = await startServer('echo-plugin')
    await using core = await startCoreWithEcho(folder.path, plugin.url)
    await plugin[Symbol.asyncDispose]()
    await untilOffline(core)

    const [one, seconds] = [{ connections: 1 }, 1]
    const offline = { ...one, seconds, request: inboundRequest(core.key) }
    const echo = { ...one, seconds, request: rawRequest }
    await load(durable.url, echo)
    await load(core.url, offline)
    const waits = { echo: [] as number[], offline: [] as number[] }
    for (let round = 0; round < ROUNDS; round++) {
      waits.echo.push((await load(durable.url, echo)).p50)
      waits.offline.push((await load(core.url, offline)).p50)
    }
    const [echoed, answered] = [median(waits.echo), median(waits.offline)]
    return [
      {
        name: 'offline answer with an open breaker − durable echo, p50',
        value: answered - echoed,
        unit: 'ms',
        goal: 0.2,
        detail: `offline ${answered.toFixed(3)} ms, durable echo ${echoed.toFixed(3)} ms`,
      },
    ]
  } finally {
    folder.remove()
  }
}

async function untilOffline(core: Awaited<ReturnType<typeof startCoreWithEcho>>): Promise<void> {
  const deadline = Date.now() + DEADLINE
  for (;;) {
    const { body } = await core.inbound({
      user_id: 'person0',
      conversation_type: 'echo',
      text: 'Are you there?',
    })
    if (body.offline === true) return
    if (Date.now() > deadline)
      throw new Error(`Core did not notice that the plugin is gone: ${JSON.stringify(body)}`)
  }
}
