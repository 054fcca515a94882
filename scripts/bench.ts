import { availableParallelism, loadavg } from 'node:os'
import { type Bench, holds, inWords } from './bench/bench.ts'
import { benchDelivery } from './bench/delivery.ts'
import { benchDurable } from './bench/durable.ts'
import { benchInbound } from './bench/inbound.ts'
import { benchInstall } from './bench/install.ts'
import { benchOffline } from './bench/offline.ts'
import { benchPage } from './bench/page.ts'
import { benchStart } from './bench/start.ts'

/** Speed, as ratios within one run: `npm run bench [-- name …]`. */
const benches: Readonly<Record<string, Bench>> = {
  inbound: benchInbound,
  offline: benchOffline,
  durable: benchDurable,
  delivery: benchDelivery,
  start: benchStart,
  install: benchInstall,
  page: benchPage,
}

async function bench(names: readonly string[]): Promise<boolean> {
  if (process.platform !== 'linux')
    throw new Error('The CPU of another process is read from /proc: Linux only')
  const unknown = names.filter((name) => !Object.hasOwn(benches, name))
  if (unknown.length > 0)
    throw new Error(`No bench is called ${unknown.join(', ')}. There is: ${Object.keys(benches).join(', ')}`)
  const [busy = 0] = loadavg()
  if (busy > availableParallelism() / 4)
    console.log(
      `The machine is busy with other things (load ${busy.toFixed(1)}): times and throughput mean little now.`,
    )
  let held = true
  for (const [name, run] of Object.entries(benches)) {
    if (names.length > 0 && !names.includes(name)) continue
    console.log(`\n${name}`)
    for (const figure of await run()) {
      console.log(inWords(figure))
      held &&= holds(figure)
    }
  }
  return held
}

// Killed launcher, killed bench: what it started ends with it.
process.once('disconnect', () => process.exit(1))
process.channel?.unref()
process.exitCode = (await bench(process.argv.slice(2))) ? 0 : 1
