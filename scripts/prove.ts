import { parseArgs } from 'node:util'
import { chaos } from './prove/chaos.ts'
import { killCore } from './prove/kill-core.ts'
import { killDelivery } from './prove/kill-delivery.ts'
import { proveJobs } from './prove/jobs.ts'
import { killFacts } from './prove/kill-facts.ts'
import { killFriends } from './prove/kill-friends.ts'
import { killMemory } from './prove/kill-memory.ts'
import { memoryIsolation } from './prove/memory-isolation.ts'
import type { ProveOptions, Report } from './prove/report.ts'

/** What takes longer than the tests may: `npm run prove [-- name …] [--times N] [--seed S]`. */
const proofs: Readonly<Record<string, (options: ProveOptions) => Promise<Report>>> = {
  'kill-core': killCore,
  'kill-friends': killFriends,
  'kill-memory': killMemory,
  'kill-facts': killFacts,
  'memory-isolation': memoryIsolation,
  chaos,
  'kill-delivery': killDelivery,
  jobs: proveJobs,
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { times: { type: 'string', default: '50' }, seed: { type: 'string' } },
})

async function prove(): Promise<boolean> {
  const unknown = positionals.filter((name) => !Object.hasOwn(proofs, name))
  if (unknown.length > 0)
    throw new Error(`No proof is called ${unknown.join(', ')}. There is: ${Object.keys(proofs).join(', ')}`)
  const options = { times: Number(values.times), seed: Number(values.seed ?? Date.now() % 1_000_000) }
  let held = true
  for (const [name, run] of Object.entries(proofs)) {
    if (positionals.length > 0 && !positionals.includes(name)) continue
    const started = performance.now()
    const { figures, failures } = await run(options)
    console.log(
      `\n${name}: ${failures.length === 0 ? 'held' : `broken ${failures.length} times`} (${seconds(started)})`,
    )
    for (const [what, figure] of Object.entries(figures)) console.log(`  ${what}: ${figure}`)
    for (const failure of failures.slice(0, 20)) console.log(`  BROKEN ${failure}`)
    held &&= failures.length === 0
  }
  return held
}

const seconds = (since: number): string => `${((performance.now() - since) / 1000).toFixed(1)} s`

// Killed launcher, killed proof: what it started ends with it.
process.once('disconnect', () => process.exit(1))
process.channel?.unref()
process.exitCode = (await prove()) ? 0 : 1
