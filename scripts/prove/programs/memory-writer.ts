/**
 * Adds, searches and forgets until it is killed: `memory-writer.ts <home> <turn>`. Says what was acknowledged: `+ text`
 * after an add, `? text` before and `- text` after a forget.
 * @module
 */
import { writeSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { NAMESPACES, openTwoSpaces } from '../two-spaces.ts'

const [home = '', turn = '0'] = process.argv.slice(2)
const { memory } = openTwoSpaces(home, Number(turn))
const say = (line: string): void => void writeSync(1, `${line}\n`)

async function write(namespace: string): Promise<void> {
  for (let at = 0; ; at++) {
    const text = `${namespace} ${turn} ${at} ${'word '.repeat(at % 5)}`
    const { id } = await memory.add({ namespace, text, source: { kind: 'plugin', id: text } })
    say(`+ ${text}`)
    if (at % 3 === 0) await memory.search({ namespace, text, limit: 3 })
    if (at % 7 === 0) {
      say(`? ${text}`)
      await memory.forget(namespace, { id })
      say(`- ${text}`)
    }
    await pause(3)
  }
}

await Promise.all(NAMESPACES.map(write))
