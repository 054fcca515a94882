/** Whatever a plugin does: Core lives, everybody else is served, and the person gets a clear answer. */
import { createServer } from 'node:http'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Chaos, type Fault, FAULTS, startChaos } from './testing/chaos.ts'
import type { Answer } from './testing/core.ts'
import { until } from './testing/until.ts'

let chaos: Chaos
beforeAll(async () => {
  chaos = await startChaos({ starter: 'exits' })
})
afterAll(async () => {
  await chaos?.[Symbol.asyncDispose]()
})

const OUTCOMES = {
  offline: { status: 200, body: { offline: true, text: 'bad is offline now.' } },
  problem: {
    status: 502,
    body: { text: '', error: expect.stringMatching(/^bad (answered|could not answer)/) },
  },
  reply: { status: 200, body: { text: 'p' } },
}
const isGood = ({ status, body }: Answer): boolean => status === 200 && body.text === 'ok'
const becomeReady = (id: string): Promise<void> =>
  until(async () => expect(['ready', 'degraded']).toContain(await chaos.state(id)))

describe('a plugin that', () => {
  it.each(Object.entries(FAULTS))('does "%s": %s', async (fault, outcome) => {
    await becomeReady('bad')
    const said = chaos.say('bad', fault)
    const others = await Promise.all(Array.from({ length: 10 }, () => chaos.say('good', 'ok', 'bob')))
    expect(others.filter(isGood)).toHaveLength(10)
    expect(await said).toMatchObject(OUTCOMES[outcome])
    expect((await chaos.core.get('/health')).status).toBe(200)
    await until(async () => expect(isGood(await chaos.say('bad', 'ok'))).toBe(true))
  })

  it('dies at every start is failed, and disturbs nobody', async () => {
    await until(async () => expect(await chaos.state('starter')).toBe('failed'))
    expect(isGood(await chaos.say('good', 'ok'))).toBe(true)
    const { body } = await chaos.core.get('/api/plugins')
    const entry = body.plugins.find((plugin: { plugin_id: string }) => plugin.plugin_id === 'starter')
    expect(entry.fault).toBe('ended with code 3')
  })

  it('finds its port taken gets another one', async () => {
    const manifest = join(chaos.core.home, 'external_plugins/bad/plugin.yml')
    const thief = createServer((_, response) => response.end('{"success":true,"text":"stolen"}'))
    thief.listen(0, '127.0.0.1')
    await once(thief, 'listening')
    const { port } = thief.address() as { port: number }
    writeFileSync(manifest, JSON.stringify({ ...JSON.parse(readFileSync(manifest, 'utf8')), port }))
    await chaos.core.post('/api/plugins/bad/restart', {})
    await becomeReady('bad')
    expect((await chaos.say('bad', 'ok')).body.text).toBe('ok')
    thief.close()
    thief.closeAllConnections()
  })
})

it('every fault at once: whoever talks to another plugin notices nothing', async () => {
  const faults = (Object.keys(FAULTS) as Fault[]).filter((fault) => fault !== 'leak')
  await becomeReady('bad')
  const bad = Promise.all(faults.map((fault) => chaos.say('bad', fault)))
  const good = await Promise.all(Array.from({ length: 40 }, () => chaos.say('good', 'ok', 'bob')))
  expect(good.filter(isGood)).toHaveLength(40)
  expect(
    (await bad).map(({ status }) => status).filter((status) => status !== 200 && status !== 502),
  ).toEqual([])
})

it('Core killed: nothing that it started runs on', async () => {
  await becomeReady('good')
  await chaos.core.kill()
  await expect(chaos.core.childrenGone()).resolves.toBeUndefined()
})
