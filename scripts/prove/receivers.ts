import type { ServerResponse } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'
import { createApp } from '../../core/testing/app.ts'
import { startBridge } from '../../core/testing/bridge.ts'
import type { RunningCore } from '../../core/testing/core.ts'

/** Every moment between "due" and "acknowledged" that can be seen from outside. */
export const STEPS = [
  'due',
  'stored',
  'arrived',
  'answered',
  'shown',
  'acknowledged',
  'listed',
  'read',
] as const
export type Step = (typeof STEPS)[number]

export interface World {
  readonly core: () => RunningCore
  readonly random: () => number
  readonly onStep: (step: Step) => void
  readonly ended: () => boolean
}

/** A person, and the way on which they get what is for them. */
export interface Receiver {
  readonly user: string
  /** What Core said that it has, in this order. */
  readonly sent: string[]
  missing(core: RunningCore): Promise<string[]>
  faults(core: RunningCore): Promise<string[]>
  figures(): Record<string, number>
  close(): Promise<void>
}

interface Shown {
  readonly id: string
  readonly user_id: string
  readonly text: string
}

/** How long a bad bridge hangs, in ms. */
const HANG = 400

/** What the person saw, in order; once per id. */
function createMemory(user: string) {
  const sent: string[] = []
  const seen = new Map<string, Shown>()
  const texts = () => [...seen.values()].map(({ text }) => text)
  return {
    sent,
    seen,
    texts,
    missing: () => {
      const all = new Set(texts())
      return sent.filter((text) => !all.has(text))
    },
    faults(): string[] {
      const shown = [...seen.values()]
      const foreign = shown.filter((one) => one.user_id !== user || !one.text.endsWith(` for ${user}`))
      const all = texts()
      const twice = all.filter((text, at) => all.indexOf(text) !== at)
      return [
        ...foreign.map(({ text }) => `${user} saw "${text}"`),
        ...twice.map((text) => `${user} saw "${text}" twice`),
        ...outOfOrder(all).map((text) => `${user} saw "${text}" out of order`),
      ]
    },
  }
}

const numberOf = (text: string): number => Number(text.split(' ')[1])

const outOfOrder = (texts: readonly string[]): string[] =>
  texts.filter((text, at) => at > 0 && numberOf(text) < numberOf(texts[at - 1] ?? text))

/** Apps of one person on `/ws` that come back whenever Core does; the second one is often closed. */
export function appOf(world: World, { user, apps }: { user: string; apps: number }): Receiver {
  const memory = createMemory(user)
  const disorder: string[] = []
  const closing = new AbortController()
  let again = 0

  async function live(number: number): Promise<void> {
    while (!closing.signal.aborted) {
      const over = Promise.withResolvers<void>()
      const app = createApp(user, { onStep: world.onStep, onClose: over.resolve })
      const connected = await app.connect(world.core()).then(
        () => true,
        () => false,
      )
      if (connected) await Promise.race([over.promise, rest(number)])
      app.drop()
      disorder.push(...outOfOrder(app.seen.map(({ text }) => text)))
      for (const shown of app.seen) {
        if (memory.seen.has(shown.id)) again++
        memory.seen.set(shown.id, memory.seen.get(shown.id) ?? shown)
      }
      await pause(number === 0 ? 10 : world.random() * 200)
    }
  }

  /** The first app stays a while; the others are looked at now and then. */
  async function rest(number: number): Promise<void> {
    const until = Date.now() + (number === 0 ? 500 : world.random() * 300)
    while (Date.now() < until && !closing.signal.aborted) await pause(20)
  }

  const lives = Array.from({ length: apps }, (_, number) => live(number))
  return {
    user,
    sent: memory.sent,
    missing: async () => memory.missing(),
    faults: async () => [
      ...memory.faults().filter((fault) => !fault.endsWith('out of order')),
      ...disorder.map((text) => `an app of ${user} showed "${text}" out of order`),
      ...lost(memory, user),
    ],
    figures: () => ({ [`${user}: shown by another app too, or again under its id`]: again }),
    async close() {
      closing.abort()
      await Promise.all(lives)
    },
  }
}

/** Somebody who looks into the inbox now and then. */
export function inboxOf(world: World, user: string): Receiver {
  const memory = createMemory(user)
  const closing = new AbortController()

  async function live(): Promise<void> {
    while (!closing.signal.aborted) {
      await look().catch(() => {})
      await pause(30)
    }
  }

  async function look(): Promise<void> {
    const { status, body } = await world.core().get(`/api/inbox?user_id=${user}&limit=50`)
    if (status !== 200 || body.messages.length === 0) return
    world.onStep('listed')
    for (const shown of body.messages) if (!memory.seen.has(shown.id)) memory.seen.set(shown.id, shown)
    const reading = world.core().post('/api/inbox/ack', { ids: body.messages.map(({ id }: Shown) => id) })
    world.onStep('read')
    await reading
  }

  const life = live()
  return {
    user,
    sent: memory.sent,
    missing: async () => memory.missing(),
    faults: async () => [...memory.faults(), ...lost(memory, user)],
    figures: () => ({}),
    async close() {
      closing.abort()
      await life
    },
  }
}

/** Somebody behind a bridge that answers, fails, hangs, and breaks off after it has taken the message. */
export async function bridgeOf(
  world: World,
  { user, channel, idempotent }: { user: string; channel: string; idempotent: boolean },
): Promise<Receiver> {
  const memory = createMemory(user)
  const bridge = await startBridge(channel)
  const came = new Map<string, number>()

  bridge.always((response, message) => {
    world.onStep('arrived')
    const luck = world.random()
    if (luck < 0.08) return void response.writeHead(503).end()
    came.set(message.id, (came.get(message.id) ?? 0) + 1)
    if (!memory.seen.has(message.id)) memory.seen.set(message.id, message)
    if (luck < 0.12) return void response.destroy()
    if (luck < 0.16) return void response.writeHead(500).end()
    if (luck < 0.2) return void setTimeout(() => answer(response), HANG)
    answer(response)
  })

  function answer(response: ServerResponse): void {
    response.writeHead(200).end(() => world.onStep('answered'))
  }

  await bridge.register(world.core(), { idempotent })
  await world.core().inbound({ user_id: user, channel_name: channel, text: 'hello' })

  /** Where nobody can know whether it arrived, it is said so. */
  async function unknown(core: RunningCore): Promise<Set<string>> {
    const { messages } = (await core.get(`/api/inbox?user_id=${user}&limit=500`)).body
    return new Set(messages.filter((one: { repeated?: true }) => one.repeated).map(({ text }: Shown) => text))
  }

  let told = 0
  const missing = async (core: RunningCore): Promise<string[]> => {
    const said = idempotent ? new Set<string>() : await unknown(core)
    told = said.size
    return memory.missing().filter((text) => !said.has(text))
  }

  return {
    user,
    sent: memory.sent,
    missing,
    async faults(core) {
      const repeated = [...came].filter(([, count]) => count > 1)
      return [
        ...memory.faults(),
        ...(await missing(core)).map((text) => `${user} never saw "${text}"`),
        ...(idempotent
          ? []
          : repeated.map(([id]) => `${user} was sent ${id} again, though ${channel} cannot tell`)),
      ]
    },
    figures: () => ({
      [`${channel}: sent again under an id that the bridge knows`]: [...came.values()].filter((n) => n > 1)
        .length,
      ...(!idempotent && { [`${channel}: shown as unknown, not sent again`]: told }),
    }),
    close: () => bridge.close(),
  }
}

const lost = ({ missing }: ReturnType<typeof createMemory>, user: string): string[] =>
  missing().map((text) => `${user} never saw "${text}"`)
