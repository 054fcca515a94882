import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { freePort, type RunningCore, startCore } from '../../core/testing/core.ts'
import { createRandom } from './random.ts'
import { appOf, bridgeOf, inboxOf, type Receiver, type Step, STEPS, type World } from './receivers.ts'
import { type ProveOptions, type Report, spread } from './report.ts'

/** A step that does not come within this is not waited for any longer, in ms. */
const PATIENCE = 2_000
/** A kill comes within this after its step, in ms: what Core does next is cut off at another place each time. */
const AFTER = 12
/** How long everything may take to arrive once nobody kills any more, in ms. */
const SETTLE = 120_000
const PAUSE_BETWEEN = 15

const NAMES = ['alice', 'bob', 'carol', 'dave', 'erin'] as const
const config = JSON.stringify({ model: 'none' })
const users = JSON.stringify({
  users: NAMES.map((id) => ({ id, name: id, im: [`messages:${id}`, `sms:${id}`] })),
})

/**
 * Core is killed at every step between "due" and "acknowledged" while messages go to a bridge that fails, hangs and
 * breaks off, to connected apps, to an inbox that is polled, and to a bridge that cannot tell a repetition. Then: every
 * message was seen, under one id, by its person alone, in the order it was sent; and where nobody can know whether
 * something arrived, it was not sent again but shown as such.
 */
export async function killDelivery({ times, seed }: ProveOptions): Promise<Report> {
  const home = await mkdtemp(join(tmpdir(), 'homeclaw-prove-'))
  const port = await freePort()
  const random = createRandom(seed)
  const start = () => startCore({ home, port, coreYml: config, userYml: users })
  const readyAfter: number[] = []
  const killedAt = new Map<string, number>()
  let armed: { step: Step; reached: () => void } | undefined
  let core = await start()
  let ended = false

  function onStep(step: Step): void {
    if (armed?.step === step) armed.reached()
  }

  const world = { core: () => core, random, onStep, ended: () => ended }
  const receivers = [
    await bridgeOf(world, { user: 'alice', channel: 'messages', idempotent: true }),
    appOf(world, { user: 'bob', apps: 2 }),
    inboxOf(world, 'carol'),
    await bridgeOf(world, { user: 'dave', channel: 'sms', idempotent: false }),
    appOf(world, { user: 'companion', apps: 2 }),
  ]
  const sending = receivers.map((receiver) => send(world, receiver))
  try {
    for (let round = 1; round <= times; round++) {
      const step = STEPS[round % STEPS.length] ?? 'due'
      const reached = new Promise<boolean>((resolve) => (armed = { step, reached: () => resolve(true) }))
      const wasReached = await Promise.race([reached, pause(PATIENCE, false)])
      armed = undefined
      if (random() < 0.7) await pause(random() * AFTER)
      process.kill(core.pid, 'SIGKILL')
      if (wasReached) killedAt.set(step, (killedAt.get(step) ?? 0) + 1)
      await core.kill()
      await core.childrenGone()
      core = await start()
      readyAfter.push(core.readyAfter)
    }
    ended = true
    await Promise.all(sending)
    const failures = await settled(receivers, core)
    await core.stop()
    return {
      failures,
      figures: {
        kills: times,
        seed,
        'kills at a step': [...killedAt].map(([step, count]) => `${step} ${count}`).join(', '),
        messages: receivers.reduce((sum, { sent }) => sum + sent.length, 0),
        ...Object.fromEntries(receivers.flatMap((receiver) => Object.entries(receiver.figures()))),
        'ready again': spread(readyAfter),
      },
    }
  } finally {
    ended = true
    await Promise.all(receivers.map((receiver) => receiver.close()))
    await core[Symbol.asyncDispose]()
    await rm(home, { recursive: true, force: true })
  }
}

/** One message after the other, each until Core says that it has it, under a key that makes trying again harmless. */
async function send({ core, onStep, ended }: World, { user, sent }: Receiver): Promise<void> {
  for (let number = 0; !ended(); number++) {
    const text = `message ${number} for ${user}`
    const message = { user_id: user, companion: 'system', text, dedupe_key: text }
    let stored = false
    while (!stored) {
      onStep('due')
      stored = await core()
        .post('/api/plugins/deliver', message)
        .then(
          ({ status }) => status === 200,
          () => false,
        )
      if (!stored) await pause(PAUSE_BETWEEN)
    }
    sent.push(text)
    onStep('stored')
    await pause(PAUSE_BETWEEN)
  }
}

async function settled(receivers: readonly Receiver[], core: RunningCore): Promise<string[]> {
  const deadline = Date.now() + SETTLE
  for (const receiver of receivers) {
    while ((await receiver.missing(core)).length > 0 && Date.now() < deadline) await pause(200)
  }
  const failures = await Promise.all(receivers.map((receiver) => receiver.faults(core)))
  return failures.flat()
}
