import { setImmediate } from 'node:timers/promises'
import { type MemoryEntry, memoryEntry } from '#contract'
import { Problem, problem } from '../errors.ts'
import { check, parseJson } from './body.ts'

/** Lines that are read before others get their turn. */
const STEP = 200

/** Memories as JSON Lines. @throws Problem `body_invalid`, which names the line; then nothing of it is taken. */
export async function parseEntries(text: string): Promise<MemoryEntry[]> {
  const entries: MemoryEntry[] = []
  for (const [at, line] of text.split('\n').entries()) {
    if (at % STEP === STEP - 1) await setImmediate()
    if (line.trim() !== '') entries.push(parseEntry(line, at + 1))
  }
  return entries
}

function parseEntry(line: string, number: number): MemoryEntry {
  try {
    return check(parseJson(line), memoryEntry, 'body_invalid')
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    const faults = error.errors?.map(({ path, message }) => `${path}: ${message}`).join('; ')
    throw problem('body_invalid', `line ${number}: ${faults ?? error.message}`)
  }
}
