import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as pause } from 'node:timers/promises'
import { createScriptedModelServer, type ScriptedAnswer } from '../../core/testing/scripted-model.ts'
import { openFacts } from './facts-scene.ts'
import { createRandom } from './random.ts'
import type { ProveOptions, Report } from './report.ts'

/** A kill comes within this after the first statement, in ms. */
const WITHIN = 700
/** How often what is left is worked through at the end. */
const ROUNDS = 400

/**
 * A process that is told things while a model takes the facts out of them is killed at random moments; the model fails,
 * hangs or talks nonsense every few times. Then: of each statement that was acknowledged there is the statement or its
 * fact, once; and in the end, with a model that works, the fact.
 */
export async function killFacts({ times, seed }: ProveOptions): Promise<Report> {
  const home = await mkdtemp(join(tmpdir(), 'homeclaw-prove-'))
  const random = createRandom(seed)
  const model = await createScriptedModelServer()
  const acknowledged = new Set<number>()
  const failures: string[] = []
  let waiting = 0
  model.script(({ body }) => (random() < 0.3 ? fault(random()) : answer(String(body.messages[1]?.content))))
  try {
    for (let turn = 1; turn <= times; turn++) {
      await stateUntilKilled({ home, turn, model: model.url }, random() * WITHIN, acknowledged)
      const scene = openFacts(home, model.url)
      waiting += jobsIn(scene)
      failures.push(...faultsOf(scene, acknowledged).map((text) => `kill ${turn}: ${text}`))
      await scene.close()
    }
    model.script(({ body }) => answer(String(body.messages[1]?.content)))
    const scene = openFacts(home, model.url)
    for (let round = 0; round < ROUNDS && jobsIn(scene) > 0; round++) await scene.facts.settled()
    failures.push(...faultsOf(scene, acknowledged).map((text) => `at the end: ${text}`))
    if (jobsIn(scene) > 0) failures.push(`${jobsIn(scene)} statements still wait`)
    await scene.close()
  } finally {
    await model.close()
    await rm(home, { recursive: true, force: true })
  }
  return {
    failures,
    figures: {
      kills: times,
      seed,
      acknowledged: acknowledged.size,
      'asked the model': model.requests.length,
      'waited when it was killed': waiting,
    },
  }
}

async function stateUntilKilled(
  { home, turn, model }: { home: string; turn: number; model: string },
  after: number,
  acknowledged: Set<number>,
): Promise<void> {
  const program = join(import.meta.dirname, 'programs/facts-writer.ts')
  const child = spawn(process.execPath, [program, home, String(turn), model], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = once(child, 'close')
  const lines = createInterface(child.stdout)
  const first = once(lines, 'line')
  lines.on('line', (line) => acknowledged.add(Number(line)))
  await Promise.race([first, ended])
  await pause(after)
  child.kill('SIGKILL')
  await ended
}

/** The fact of each statement that the model is shown. */
function answer(asked: string): string {
  const messages = [...asked.matchAll(/^\[(\d+)\] .*: (My thing (\d+) is red\.)$/gm)].map(
    ([, number, quote, thing]) => ({
      number: Number(number),
      worth: true,
      facts: [{ text: `Thing ${thing} of Anna is red.`, quote, replaces: null }],
    }),
  )
  return JSON.stringify({ messages })
}

function fault(which: number): ScriptedAnswer {
  if (which < 0.4) return { fail: 503 }
  return which < 0.7 ? { cut: true, text: '{"messages": [', rudely: true } : { hang: true, after: 1 }
}

type Scene = ReturnType<typeof openFacts>

const jobsIn = ({ database }: Scene): number =>
  Number(database.sql.prepare('select count(*) from fact_job').pluck().get())

function faultsOf({ database }: Scene, acknowledged: ReadonlySet<number>): string[] {
  const held = new Map<number, number>()
  for (const text of database.sql.prepare<[], string>('select text from memory').pluck().all()) {
    const number = Number(/\d+/.exec(text)?.[0])
    held.set(number, (held.get(number) ?? 0) + 1)
  }
  return [
    ...[...acknowledged].filter((number) => !held.has(number)).map((number) => `lost: ${number}`),
    ...[...held].filter(([, count]) => count > 1).map(([number]) => `double: ${number}`),
  ]
}
