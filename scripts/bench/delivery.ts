import { freePort, type RunningCore } from '../../core/testing/core.ts'
import type { Bench } from './bench.ts'
import { inboundRequest, makeFolder, PEOPLE, startCoreWithEcho } from './core.ts'
import { load, type Load, median } from './load.ts'
import { cpuOf, type Server, startServer } from './process.ts'

const UNDELIVERED = 10_000
const STARTS = 5
const ROUNDS = 5
const WARM = 4
/** So many that Core is not busy all the time: then a wait is somebody's fault. */
const CONNECTIONS = 4

/** What ten thousand undelivered messages cost: the start of Core, and others while they are being sent. */
export const benchDelivery: Bench = async () => {
  const [empty, full] = [makeFolder(), makeFolder()]
  try {
    await using plugin = await startServer('echo-plugin')
    await using bridge = await startServer('raw-echo')
    await fill(full.path, plugin.url)
    const without: number[] = []
    const having: number[] = []
    for (let round = 0; round < STARTS; round++) {
      without.push(await startCost(empty.path, plugin))
      having.push(await startCost(full.path, plugin))
    }
    await using core = await startCoreWithEcho(full.path, plugin.url)
    const messages = { connections: CONNECTIONS, seconds: 2, request: onTheBridge(inboundRequest(core.key)) }
    await load(core.url, { ...messages, seconds: WARM })
    const alone: number[] = []
    for (let round = 0; round < ROUNDS; round++) alone.push((await load(core.url, messages)).p99)
    const before = await undelivered(core)
    await core.post('/api/channels/messages', { callback_url: `${bridge.url}/` })
    const started = performance.now()
    const beside: number[] = []
    for (let round = 0; round < ROUNDS; round++) beside.push((await load(core.url, messages)).p99)
    const sent = before - (await undelivered(core))
    const seconds = (performance.now() - started) / 1000
    return [
      {
        name: `CPU of a start with ${UNDELIVERED} undelivered messages ÷ without`,
        value: median(having) / median(without),
        unit: 'times',
        limit: { most: 1.5 },
        detail: `${median(having).toFixed(0)} ms, ${median(without).toFixed(0)} ms`,
      },
      {
        name: 'p99 of /inbound while they are sent ÷ alone',
        value: median(beside) / median(alone),
        unit: 'times',
        limit: { most: 1.5 },
        detail: `${median(beside).toFixed(1)} ms, ${median(alone).toFixed(1)} ms; ${(sent / seconds).toFixed(0)} sent a second beside`,
      },
    ]
  } finally {
    empty.remove()
    full.remove()
  }
}

/** Whoever writes on another channel is to be reached there. */
const onTheBridge =
  (request: Load['request']): Load['request'] =>
  (number) => {
    const one = request(number)
    return { ...one, body: one.body.replace('webchat', 'messages') }
  }

/** Everybody wrote on a channel whose bridge is not there, and has the same number of messages. */
async function fill(home: string, pluginUrl: string): Promise<void> {
  await using core = await startCoreWithEcho(home, pluginUrl)
  const address = `http://127.0.0.1:${await freePort()}/`
  await core.post('/api/channels/messages', { callback_url: address })
  for (let person = 0; person < PEOPLE; person++)
    await core.inbound({
      user_id: `person${person}`,
      channel_name: 'messages',
      conversation_type: 'echo',
      text: 'Hi',
    })
  await Promise.all(
    Array.from({ length: PEOPLE }, async (_, person) => {
      for (let number = person; number < UNDELIVERED; number += PEOPLE)
        await core.post('/api/plugins/deliver', {
          user_id: `person${person}`,
          companion: 'system',
          text: `message ${number}`,
        })
    }),
  )
  await core.stop()
}

/** CPU of Core until it is ready and has looked through its outbox, in ms. */
async function startCost(home: string, plugin: Server): Promise<number> {
  await using core = await startCoreWithEcho(home, plugin.url)
  const cost = cpuOf(core.pid)
  await core.stop()
  return cost
}

async function undelivered(core: RunningCore): Promise<number> {
  const inboxes = Array.from({ length: PEOPLE }, (_, person) =>
    core.get(`/api/inbox?user_id=person${person}&limit=1`),
  )
  return (await Promise.all(inboxes)).reduce((sum, { body }) => sum + body.unread, 0)
}
