import { expect, it } from 'vitest'
import { killCore } from './kill-core.ts'
import { setClockAndKill } from './jobs.ts'
import { killDelivery } from './kill-delivery.ts'
import { killFacts } from './kill-facts.ts'
import { killFriends } from './kill-friends.ts'
import { killMemory } from './kill-memory.ts'
import { memoryIsolation } from './memory-isolation.ts'

/** A sample of `npm run prove`, with no bound of time but that it ends. */
it('loses and doubles nothing when Core is killed under load', async () => {
  const { failures, figures } = await killCore({ times: 3, seed: 7 })
  expect(failures).toEqual([])
  expect(figures['acknowledged']).toBeGreaterThan(16)
})

it(
  'loses and doubles no delivery when Core is killed between due and acknowledged',
  { timeout: 90_000 },
  async () => {
    const { failures, figures } = await killDelivery({ times: 4, seed: 7 })
    expect(failures).toEqual([])
    expect(figures['messages']).toBeGreaterThan(10)
  },
)

it.skipIf(process.platform !== 'linux')(
  'answers at 200 and gets the Friend back when its process is killed',
  async () => {
    const { failures } = await killFriends({ times: 4, seed: 7, backWithin: 10_000 })
    expect(failures).toEqual([])
  },
)

it('runs each job once for each time it is due, over kills and a clock that is set', async () => {
  const { failures, figures } = await setClockAndKill({ times: 4, seed: 7, count: 60 })
  expect(failures).toEqual([])
  expect(figures['delivered']).toBeGreaterThan(48)
})

it('loses, doubles and keeps no memory against its promise when it is killed', async () => {
  const { failures, figures } = await killMemory({ times: 4, seed: 7 })
  expect(failures).toEqual([])
  expect(figures['acknowledged']).toBeGreaterThan(4)
})

it('loses and doubles no statement while its facts are taken out', async () => {
  const { failures, figures } = await killFacts({ times: 3, seed: 7 })
  expect(failures).toEqual([])
  expect(figures['acknowledged']).toBeGreaterThan(10)
})

it('shows no namespace anything of another, whatever names and questions are', async () => {
  const { failures, figures } = await memoryIsolation({ times: 2, seed: 7 })
  expect(failures).toEqual([])
  expect(figures['memories found']).toBeGreaterThan(400)
})
