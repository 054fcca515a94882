import { setTimeout as pause } from 'node:timers/promises'
import { startCore } from '../../core/testing/core.ts'
import type { Bench } from './bench.ts'
import { median } from './load.ts'
import { residentOf } from './process.ts'

const ROUNDS = 5
/** What was needed for the start alone is given back by then, in ms. */
const IDLE = 3_000

/** From the start of the process to `/ready`, and what Core holds while nobody writes; no plugin, nothing heavy loaded. */
export const benchStart: Bench = async () => {
  const ready: number[] = []
  const resident: number[] = []
  for (let round = 0; round <= ROUNDS; round++) {
    await using core = await startCore({
      coreYml: '{ model: none, companions: [], plugins: {} }',
      userYml: 'users: []',
    })
    // The first start fills the compile cache.
    if (round === 0) {
      await core.stop()
      continue
    }
    ready.push(core.readyAfter)
    if (round === ROUNDS) await pause(IDLE)
    resident.push(residentOf(core.pid))
    await core.stop()
  }
  return [
    { name: 'ready after', value: median(ready), unit: 'ms', limit: { most: 1_000 } },
    {
      name: 'memory of Core at rest',
      value: resident.at(-1) ?? NaN,
      unit: 'MB',
      limit: { most: 90 },
    },
  ]
}
