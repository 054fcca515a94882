import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import Sqlite from 'better-sqlite3'
import { type Echo, echoRegistration, startEcho } from '../../core/testing/echo.ts'
import { freePort, type RunningCore, startCore } from '../../core/testing/core.ts'
import { createClient, type Client } from './client.ts'
import { findChatFaults } from './chat-faults.ts'
import { createRandom } from './random.ts'
import { type ProveOptions, type Report, spread } from './report.ts'

const CLIENTS = 16
/** A kill comes within this after Core was ready or, every other time, after it first acknowledged something, in ms. */
const WITHIN = 1_500
/** Longest wait for that, in ms. */
const PATIENCE = 10_000

const people = Array.from({ length: CLIENTS }, (_, number) => ({
  id: `person${number}`,
  name: `Person ${number}`,
}))

const config = JSON.stringify({
  model: 'none',
  companions: [{ id: 'echo', plugin_id: 'echo', session_id_value: 'echo' }],
  plugins: { echo: { start: false } },
})

/**
 * Core is killed at random moments while sixteen people write, half to System and half to a companion, each sending a
 * message again until it is acknowledged. Then: whatever was acknowledged is stored once, with one reply, in order.
 */
export async function killCore({ times, seed }: ProveOptions): Promise<Report> {
  const home = await mkdtemp(join(tmpdir(), 'homeclaw-prove-'))
  const echo = await startEcho()
  try {
    return await killRepeatedly(home, echo, { times, seed })
  } finally {
    await echo.close()
    await rm(home, { recursive: true, force: true })
  }
}

async function killRepeatedly(home: string, echo: Echo, { times, seed }: ProveOptions): Promise<Report> {
  const random = createRandom(seed)
  const port = await freePort()
  const start = () => startCore({ home, port, coreYml: config, userYml: JSON.stringify({ users: people }) })
  const failures: string[] = []
  const readyAfter: number[] = []

  let core = await start()
  await register(core, echo)
  const clients = people.map(({ id }, number) => createClient(core, id, number % 2 ? 'echo' : 'system'))
  try {
    for (let round = 1; round <= times; round++) {
      if (round % 2 === 0) await untilMore(clients)
      await pause(random() * WITHIN)
      await core.kill()
      await core.childrenGone()
      core = await start()
      readyAfter.push(core.readyAfter)
      const integrity = integrityOf(home)
      if (integrity !== 'ok') failures.push(`kill ${round}: integrity_check says ${integrity}`)
    }
    await Promise.all(clients.map((client) => client.finish()))
    failures.push(...(await faultsOf(core, clients)))
    await core.stop()
  } finally {
    for (const client of clients) client.abort()
    await core[Symbol.asyncDispose]()
  }
  return {
    failures,
    figures: {
      kills: times,
      seed,
      acknowledged: total(clients, ({ acknowledged }) => acknowledged.length),
      'sent again': total(clients, ({ retries }) => retries()),
      'asked of the plugin': echo.requests.length,
      'ready again': spread(readyAfter),
    },
  }
}

const total = (clients: readonly Client[], count: (client: Client) => number): number =>
  clients.reduce((sum, client) => sum + count(client), 0)

/** Until something more is acknowledged than now: then Core is in the middle of its work. */
async function untilMore(clients: readonly Client[]): Promise<void> {
  const acknowledged = () => total(clients, (client) => client.acknowledged.length)
  const [before, deadline] = [acknowledged(), Date.now() + PATIENCE]
  while (acknowledged() === before) {
    if (Date.now() > deadline) throw new Error(`Nothing was acknowledged for ${PATIENCE} ms`)
    await pause(5)
  }
}

async function register(core: RunningCore, echo: Echo): Promise<void> {
  const { status, body } = await core.post('/api/plugins/register', echoRegistration(echo.url))
  if (status !== 200) throw new Error(`The plugin was not registered: ${status} ${JSON.stringify(body)}`)
}

async function faultsOf(core: RunningCore, clients: readonly Client[]): Promise<string[]> {
  const faults = await Promise.all(
    clients.map(async (client) =>
      findChatFaults(client.acknowledged, await client.history(core)).map(
        (fault) => `${client.user} and ${client.partner}: ${fault}`,
      ),
    ),
  )
  return [...faults.flat(), ...clients.flatMap(({ surprises }) => surprises)]
}

/** Beside the running Core, as a reader. */
function integrityOf(home: string): string {
  const sql = new Sqlite(join(home, 'database/core.db'), { readonly: true })
  try {
    return String(sql.pragma('integrity_check', { simple: true }))
  } finally {
    sql.close()
  }
}
