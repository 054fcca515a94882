import { readFileSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { type Chaos, DEADLINE_MS, type Fault, FAULTS, startChaos } from '../../core/testing/chaos.ts'
import { load, median } from '../bench/load.ts'
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
const ROUNDS = 5
const ROUND_SECONDS = 2

/**
 * One plugin commits each fault over and over, then dies `times` times, while another one is under load. Then: everybody
 * else was served, each answer was clear and in time, Core has not grown, and the plugin came back each time.
 */
export async function chaos({ times, seed }: ProveOptions): Promise<Report> {
  await using world = await startChaos()
  const random = createRandom(seed)
  const failures: string[] = []
  await warmUp(world)
  const before = rssOf(world)
  const slower = await compareLoad(world, random, failures)
  const waits = await timeAnswers(world, failures)
  const back = await dieAgainAndAgain(world, times, failures)
  const grown = rssOf(world) - before
  if (grown > MOST_GROWTH) failures.push(`Core has grown by ${grown} MB`)
  if (slower > MOST_SLOWER) failures.push(`others were answered ${slower.toFixed(2)} times slower`)
  return {
    failures,
    figures: {
      seed,
      faults: Object.keys(FAULTS).length,
      'p99 of others, times that of a calm Core': slower.toFixed(2),
      'answer beyond the deadline': spread(waits),
      deaths: times,
      'back again': spread(back),
      'growth of Core': `${grown} MB`,
    },
  }
}

const good = ({ core }: Chaos) => ({
  connections: 4,
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
async function compareLoad(world: Chaos, random: () => number, failures: string[]): Promise<number> {
  const [quiet, stormy]: [number[], number[]] = [[], []]
  for (let round = 0; round < ROUNDS; round++) {
    quiet.push((await load(world.core.url, good(world))).p99)
    const storm = new AbortController()
    const raging = rage(world, random, storm.signal)
    try {
      stormy.push((await load(world.core.url, good(world))).p99)
    } catch (error) {
      failures.push(`while another plugin committed faults: ${(error as Error).message}`)
    }
    storm.abort()
    await raging
  }
  return median(stormy) / median(quiet)
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

function rssOf({ core }: Chaos): number {
  const [, kilobytes = '0'] = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${core.pid}/status`, 'utf8')) ?? []
  return Math.round(Number(kilobytes) / 1_024)
}
