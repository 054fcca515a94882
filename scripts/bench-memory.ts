import { readFileSync } from 'node:fs'
import { startCore } from '../core/testing/core.ts'
import { readConversations } from './bench/locomo.ts'
import { addTurns, ask, type Way, WAYS } from './bench/recall.ts'
import { recallTable } from './bench/recall-table.ts'

/**
 * How much of the evidence a search finds: `npm run bench:memory -- <LoCoMo file> [core.yml …]`. Every turn is added
 * through the API of a real Core, each question is a search. The embedder is the bundled one, then that of each core.yml.
 */
async function bench(file: string, configurations: readonly string[]): Promise<void> {
  const conversations = readConversations(JSON.parse(readFileSync(file, 'utf8')))
  for (const configuration of [undefined, ...configurations]) {
    const coreYml = configuration === undefined ? undefined : readFileSync(configuration, 'utf8')
    await using core = await startCore(coreYml === undefined ? {} : { coreYml })
    console.log(`\n# ${configuration ?? 'bundled embedder'}`)
    const started = performance.now()
    const added = []
    for (const conversation of conversations) added.push(await addTurns(core, conversation))
    const turns = added.reduce((sum, { size }) => sum + size, 0)
    console.log(`${turns} turns added and indexed in ${((performance.now() - started) / 1_000).toFixed(1)} s`)
    for (const way of Object.keys(WAYS) as Way[]) {
      const answers = []
      for (const [at, conversation] of conversations.entries()) {
        answers.push(...(await ask(core, conversation, added[at] ?? new Map(), way)))
      }
      console.log(`\n## ${way}\n${recallTable(answers)}`)
    }
  }
}

// Killed launcher, killed bench: what it started ends with it.
process.once('disconnect', () => process.exit(1))
process.channel?.unref()
const [file, ...configurations] = process.argv.slice(2)
if (file === undefined) throw new Error('Use: npm run bench:memory -- <LoCoMo file> [core.yml …]')
await bench(file, configurations)
