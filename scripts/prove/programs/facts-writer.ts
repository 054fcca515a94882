/**
 * States things until it is killed, while their facts are taken out: `facts-writer.ts <home> <turn> <model>`. Says what
 * was acknowledged, a number a line.
 * @module
 */
import { writeSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { openFacts } from '../facts-scene.ts'

const [home = '', turn = '0', model = ''] = process.argv.slice(2)
const { database, memory, facts } = openFacts(home, model)

for (let at = 0; ; at++) {
  const number = Number(turn) * 10_000 + at
  await database.write(() => {
    const { id } = memory.record({
      namespace: 'anna',
      text: `My thing ${number} is red.`,
      source: { kind: 'turn', id: String(number), speaker: 'Anna' },
    })
    facts.note(id)
  })
  writeSync(1, `${number}\n`)
  await pause(at % 4 === 3 ? 40 : 2)
}
