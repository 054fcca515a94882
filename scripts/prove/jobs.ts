import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import Sqlite from 'better-sqlite3'
import { nextSlot } from '../../core/schedule/cron.ts'
import { freePort, type RunningCore, startCore } from '../../core/testing/core.ts'
import { createRandom } from './random.ts'
import { type ProveOptions, type Report, spread } from './report.ts'

const HOUR = 60 * 60 * 1000
const DAY = 24 * HOUR
const JOBS = 1_000
/** Every how manieth job is due again and again. */
const REPEATING = 5
/** What a job may be late when 1,000 are due in one second, in ms. */
const PROMPT = 50
const ZONES = ['Europe/Berlin', 'America/New_York', 'Asia/Kathmandu', 'Australia/Lord_Howe', 'UTC']

const people = Array.from({ length: 10 }, (_, number) => ({
  id: `person${number}`,
  name: `Person ${number}`,
}))
const userYml = JSON.stringify({ users: people })
const coreYml = JSON.stringify({ model: 'none', memory: { enabled: false }, companions: [], plugins: {} })

interface Planned {
  readonly id: string
  readonly user: string
  /** Once, or undefined. */
  readonly at: number | undefined
  readonly cron: string
  readonly zone: string
}
interface Delivered {
  readonly job: string
  readonly slot: number
  readonly user: string
  readonly text: string
}

/** A thousand jobs under kills and a clock that is set; then a thousand that are due in one second. */
export async function proveJobs(options: ProveOptions): Promise<Report> {
  const { figures, failures } = await setClockAndKill({ ...options, count: JOBS })
  const { lateness, missing } = await oneSecond()
  const p99 = lateness.toSorted((a, b) => a - b)[Math.floor(lateness.length * 0.99)] ?? Infinity
  return {
    figures: { ...figures, 'late when 1,000 are due in one second': `${spread(lateness)}, p99 ${p99} ms` },
    failures: [
      ...failures,
      ...(missing > 0 ? [`${missing} of ${JOBS} jobs of one second did not come`] : []),
      ...(p99 > PROMPT ? [`p99 of ${JOBS} jobs in one second is ${p99} ms late`] : []),
    ],
  }
}

/**
 * Jobs of ten people while Core is killed and its clock is set, forward by up to three days, every tenth time back by up
 * to five hours. Then: each single job was delivered once, each repeating one once for every time that it was due while
 * Core ran and at most once for any; to its own person, word for word.
 */
export async function setClockAndKill(options: ProveOptions & { count: number }): Promise<Report> {
  const home = await mkdtemp(join(tmpdir(), 'homeclaw-prove-jobs-'))
  try {
    return await inHome(home, options)
  } finally {
    await rm(home, { recursive: true, force: true })
  }
}

async function inHome(
  home: string,
  { times, seed, count }: ProveOptions & { count: number },
): Promise<Report> {
  const random = createRandom(seed)
  const clock = await createClock(join(home, 'clock'))
  const port = await freePort()
  const preload = pathToFileURL(join(import.meta.dirname, 'shifted-clock.ts')).href
  const env = { NODE_OPTIONS: `--import=${preload}`, CLOCK_SHIFT: clock.file }
  const start = () => startCore({ home, port, coreYml, userYml, env })

  let core = await start()
  const up: [number, number][] = []
  try {
    const [from, span] = [clock.now() + HOUR, times * DAY]
    const jobs = await plan(core, { random, count, from, span })
    for (let round = 1; round <= times; round++) {
      const began = clock.now()
      await pause(random() * 400)
      if (round % 10 === 0) await clock.move(-random() * 5 * HOUR)
      else up.push([began, clock.now()])
      await core.kill()
      if (round % 10 !== 0) await clock.move(random() * 3 * DAY)
      core = await start()
    }
    await core.stop()
    await clock.move(span)
    core = await start()
    await untilQuiet(core, jobs)
    const delivered = deliveriesOf(home)
    const days = Math.round((clock.now() - from) / DAY)
    await core.stop()
    const figures = { seed, jobs: jobs.length, restarts: times, 'days on the clock': days }
    return { failures: faultsOf(jobs, delivered, up), figures: { ...figures, delivered: delivered.length } }
  } finally {
    await core[Symbol.asyncDispose]()
  }
}

/** The clock of the Cores that read this file. */
async function createClock(file: string) {
  let shift = 0
  const write = () => writeFile(file, String(shift))
  await write()
  return {
    file,
    now: () => Date.now() + shift,
    async move(ms: number): Promise<void> {
      shift += Math.round(ms)
      await write()
    },
  }
}

async function plan(
  core: RunningCore,
  { random, count, from, span }: { random: () => number; count: number; from: number; span: number },
): Promise<Planned[]> {
  const pick = (most: number): number => Math.floor(random() * most)
  const wanted = Array.from({ length: count }, (_, number) => {
    const at = number % REPEATING === 0 ? undefined : Math.round(from + random() * span)
    const cron = `${pick(60)} ${pick(24)} * * ${['*', '1-5', '0,6'][pick(3)]}`
    return { at, cron, zone: ZONES[pick(ZONES.length)] ?? 'UTC', user: people[pick(people.length)]?.id ?? '' }
  })
  return Promise.all(
    wanted.map(async ({ at, cron, zone, user }, number) => {
      const when = at === undefined ? { cron } : { at: new Date(at).toISOString() }
      const job = {
        user_id: user,
        kind: 'message',
        text: `job ${number} of ${user}`,
        timezone: zone,
        ...when,
      }
      const { status, body } = await core.post('/api/jobs', job)
      if (status !== 201) throw new Error(`A job was not taken: ${status} ${JSON.stringify(body)}`)
      return { id: body.id, user, at, cron, zone }
    }),
  )
}

/** Until every single job is over. */
async function untilQuiet(core: RunningCore, jobs: readonly Planned[]): Promise<void> {
  const single = jobs.filter(({ at }) => at !== undefined).length
  for (let tries = 0; tries < 100; tries++) {
    const lists = await Promise.all(people.map(({ id }) => core.get(`/api/jobs?user_id=${id}`)))
    const over = lists.flatMap(({ body }) => body.jobs).filter(({ state }) => state === 'done').length
    if (over === single) return
    await pause(100)
  }
}

function deliveriesOf(home: string): Delivered[] {
  const sql = new Sqlite(join(home, 'database/core.db'), { readonly: true })
  try {
    return sql
      .prepare(
        `select d.source_id as job, cast(d.dedupe_key as integer) as slot, m.user_id as user, m.text
         from message m join turn t on t.seq = m.turn join delivery d on d.id = t.id order by d.seq`,
      )
      .all() as Delivered[]
  } finally {
    sql.close()
  }
}

function faultsOf(
  jobs: readonly Planned[],
  delivered: readonly Delivered[],
  up: readonly (readonly [number, number])[],
): string[] {
  const byJob = Map.groupBy(delivered, ({ job }) => job)
  return jobs.flatMap(({ id, user, at, cron, zone }, number) => {
    const got = byJob.get(id) ?? []
    const slots = new Set(got.map(({ slot }) => slot))
    const wrong = got.filter((one) => one.user !== user || one.text !== `job ${number} of ${user}`)
    const due = at === undefined ? up.flatMap(([from, to]) => slotsOf(cron, zone, from, to)) : [at]
    const missed = due.filter((slot) => !slots.has(slot))
    return [
      ...(slots.size < got.length ? [`job ${number} came ${got.length - slots.size} times too often`] : []),
      ...wrong.map(() => `job ${number} came wrong`),
      ...missed.map((slot) => `job ${number} did not come at ${new Date(slot).toISOString()}`),
      ...(at !== undefined && got.length > 1 ? [`job ${number} came ${got.length} times`] : []),
    ]
  })
}

function slotsOf(cron: string, zone: string, from: number, to: number): number[] {
  const slots: number[] = []
  for (let slot = nextSlot(cron, zone, from); slot < to; slot = nextSlot(cron, zone, slot)) slots.push(slot)
  return slots
}

/** A thousand reminders within one second: how late each began. */
async function oneSecond(): Promise<{ lateness: number[]; missing: number }> {
  await using core = await startCore({ coreYml, userYml })
  const first = Date.now() + 10_000
  const jobs = Array.from({ length: JOBS }, (_, number) => ({
    user_id: people[number % people.length]?.id,
    kind: 'message',
    text: `x ${number}`,
    at: new Date(first + number).toISOString(),
  }))
  await Promise.all(jobs.map((job) => core.post('/api/jobs', job)))
  if (Date.now() > first) throw new Error('The machine is too slow to plan 1,000 jobs in 10 s')
  await pause(first + 3_000 - Date.now())
  const sql = new Sqlite(join(core.home, 'database/core.db'), { readonly: true })
  const lateness = sql.prepare('select started_at - slot from job_run').pluck().all() as number[]
  sql.close()
  await core.stop()
  return { lateness, missing: JOBS - lateness.length }
}
