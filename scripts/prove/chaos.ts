import { setTimeout as pause } from 'node:timers/promises'
import { type Chaos, DEADLINE_MS, type Fault, FAULTS, startChaos } from '../../core/testing/chaos.ts'
import { load, type LoadResult, median } from '../bench/load.ts'
import { cpuOf, residentOf } from '../bench/process.ts'
import { createRandom } from './random.ts'
import { type ProveOptions, type Report, spread } from './report.ts'

/** Longest that a person waits for a clear answer beyond the plugin's deadline, in ms. */
const GRACE_MS = 50
/** Most that Core may grow, in MB. */
const MOST_GROWTH = 64
/** How much slower others may be answered while a plugin commits faults, at the 99th percentile. */
const MOST_SLOWER = 1.2
/** A plugin that died is back within its longest delay, its start and one probe, in ms. */
const BACK_MS = 3_000
/** Many short rounds: what else the machine does meets calm and stormy ones alike. */
const ROUNDS = 20
const ROUND_SECONDS = 0.75

/**
 * One plugin commits each fault over and over, then dies `times` times, while another one is under load. Then: everybody
 * else was served, each answer was clear and in time, Core has not grown, and the plugin came back each time.
 */
export async function chaos({ times, seed }: ProveOptions): Promise<Report> {
  await using world = await startChaos()
  const random = createRandom(seed)
  const failures: string[] = []
  await warmUp(world)
  const before = residentOf(world.core.pid)
  const slower = await compareLoad(world, random, failures)
  const waits = await timeAnswers(world, failures)
  const back = await dieAgainAndAgain(world, times, failures)
  const grown = Math.round(residentOf(world.core.pid) - before)
  if (grown > MOST_GROWTH) failures.push(`Core has grown by ${grown} MB`)
  if (slower.p99 > MOST_SLOWER) failures.push(`others were answered ${slower.p99.toFixed(2)} times slower`)
  return {
    failures,
    figures: {
      seed,
      faults: Object.keys(FAULTS).length,
      'p99 of others, times that of a calm Core': slower.p99.toFixed(2),
      'CPU of Core a request of others, faults included, times that of a calm Core': slower.cpu.toFixed(2),
      'answer beyond the deadline': spread(waits),
      deaths: times,
      'back again': spread(back),
      'growth of Core': `${grown} MB`,
    },
  }
}

const good = ({ core }: Chaos) => ({
  connections: 1,
  seconds: ROUND_SECONDS,
  request: (number: number) => ({
    path: '/inbound',
    headers: { 'x-api-key': core.key },
    body: `{"user_id":"${number % 2 ? 'ann' : 'bob'}","channel_name":"webchat","conversation_type":"good","text":"ok"}`,
  }),
})

/** As Core is after a while of work, without any fault. */
async function warmUp(world: Chaos): Promise<void> {
  for (let round = 0; round < ROUNDS; round++) await load(world.core.url, good(world))
}

/** Calm and stormy rounds in turns. What answers anything but 200 breaks the load off. */
async function compareLoad(world: Chaos, random: () => number, failures: string[]): Promise<Slower> {
  const ratios: Slower[] = []
  for (let round = 0; round < ROUNDS; round++) {
    const quiet = await measure(world)
    const storm = new AbortController()
    const raging = rage(world, random, storm.signal)
    try {
      const stormy = await measure(world)
      ratios.push({ p99: stormy.p99 / quiet.p99, cpu: stormy.cpu / quiet.cpu })
    } catch (error) {
      failures.push(`while another plugin committed faults: ${(error as Error).message}`)
    }
    storm.abort()
    await raging
  }
  return { p99: median(ratios.map(({ p99 }) => p99)), cpu: median(ratios.map(({ cpu }) => cpu)) }
}

/** How others are served: the slowest, and what one request costs Core. As such, or as multiples of a calm Core's. */
type Slower = Pick<LoadResult, 'p99'> & { readonly cpu: number }

async function measure(world: Chaos): Promise<Slower> {
  const before = cpuOf(world.core.pid)
  const { p99, requests } = await load(world.core.url, good(world))
  return { p99, cpu: (cpuOf(world.core.pid) - before) / requests }
}

/** What uses up the processor of the machine says nothing about Core. */
const CHEAP = (Object.keys(FAULTS) as Fault[]).filter((fault) => !['busy', 'leak'].includes(fault))

async function rage(world: Chaos, random: () => number, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await world.say('bad', CHEAP[Math.floor(random() * CHEAP.length)] ?? 'hang')
    await pause(100)
  }
}

/** How long each fault keeps the person waiting beyond the deadline; 0 when it does not. */
async function timeAnswers(world: Chaos, failures: string[]): Promise<number[]> {
  const waits: number[] = []
  for (const [fault, outcome] of Object.entries(FAULTS)) {
    await untilWell(world)
    const asked = performance.now()
    const { status, body } = await world.say('bad', fault)
    const late = Math.max(0, performance.now() - asked - DEADLINE_MS)
    waits.push(late)
    if (late > GRACE_MS) failures.push(`${fault}: answered ${Math.round(late)} ms after the deadline`)
    const isClear = outcome === 'problem' ? status === 502 : status === 200 && Boolean(body.text)
    if (!isClear) failures.push(`${fault}: ${status} ${JSON.stringify(body)}`)
  }
  return waits
}

async function dieAgainAndAgain(world: Chaos, times: number, failures: string[]): Promise<number[]> {
  const back: number[] = []
  for (let death = 1; death <= times; death++) {
    await untilWell(world)
    await world.say('bad', 'die')
    const died = performance.now()
    await untilWell(world)
    const after = performance.now() - died
    back.push(after)
    if (after > BACK_MS) failures.push(`death ${death}: back after ${Math.round(after)} ms`)
  }
  return back
}

async function untilWell(world: Chaos): Promise<void> {
  const deadline = Date.now() + 10_000
  while ((await world.say('bad', 'ok')).body.text !== 'ok') {
    if (Date.now() > deadline) throw new Error('The plugin did not come back within 10 s')
    await pause(10)
  }
}
