import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/**
 * V8 takes what lives through two collections for long-lived, and allocates its like where only a full one frees it.
 * A message that waits for its answer is such an object. Without that guess collections take a third of the time
 * (measured with 64 people who write at once).
 */
export function expectShortLives(): void {
  setFlagsFromString('--no-allocation-site-pretenuring')
}

/** What only the start needed is a sixth of the memory of an idle Core (measured). */
export function giveBackMemory(): void {
  setFlagsFromString('--expose-gc')
  runInNewContext('gc')({ type: 'major', flavor: 'last-resort' })
}
