import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { expectShortLives } from '../core/garbage.ts'
import { type Figure, holds, inWords } from './bench/bench.ts'
import { makeFolder } from './bench/core.ts'
import { benchAdds } from './bench/memory-scale/adds.ts'
import { benchAmong } from './bench/memory-scale/among.ts'
import { benchTalks } from './bench/memory-scale/talks.ts'
import { benchSingleAdds } from './bench/memory-scale/single-adds.ts'

/**
 * The memory in large: `npm run bench:memory-scale [-- part …] [--memories N] [--talks file]`; vectors are synthetic.
 * `talks` needs a file of the LoCoMo benchmark.
 */
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { memories: { type: 'string', default: '1000000' }, talks: { type: 'string' } },
})
const memories = Number(values.memories)
if (!Number.isInteger(memories) || memories < 20_000)
  throw new Error('--memories is a number, 20000 at least')

async function bench(): Promise<boolean> {
  expectShortLives()
  const folder = makeFolder()
  const parts: Record<string, (home: string) => Promise<Figure[]>> = {
    adds: benchAdds,
    single: benchSingleAdds,
    among: (home) => benchAmong(home, memories),
    ...(values.talks !== undefined && { talks: (home: string) => benchTalks(home, values.talks ?? '') }),
  }
  let held = true
  try {
    for (const [name, run] of Object.entries(parts)) {
      if (positionals.length > 0 && !positionals.includes(name)) continue
      console.log(`\n${name}`)
      const home = join(folder.path, name)
      for (const each of [home, ...['single', 'alone', 'together'].map((part) => join(home, part))])
        mkdirSync(each, { recursive: true })
      for (const figure of await run(home)) {
        console.log(inWords(figure))
        held &&= holds(figure)
      }
    }
  } finally {
    folder.remove()
  }
  return held
}

// Killed launcher, killed bench: what it started ends with it.
process.once('disconnect', () => process.exit(1))
process.channel?.unref()
process.exitCode = (await bench()) ? 0 : 1
