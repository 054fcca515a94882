import { type ReadonlySignal, type Signal, signal } from '@preact/signals'
import type { Missing, Position } from './location.ts'
import type { Storage } from './storage.ts'

/** Whether the person's location goes with their messages. */
export interface Sharing {
  readonly on: ReadonlySignal<boolean>
  /** Why there is none, while that is to be said. */
  readonly missing: Signal<Missing | undefined>
  /** Turning it on is the moment the browser asks. */
  turn(on: boolean): Promise<void>
  /** For one message. What does not work is said once. */
  locate(): Promise<string | undefined>
}

/** How long a person may think about the browser's question. */
const PERMISSION_WITHIN = 60_000

export function createSharing(
  storage: Storage,
  findPosition: (within?: number) => Promise<Position>,
): Sharing {
  const on = signal(storage.get('location') === 'shared')
  const missing = signal<Missing | undefined>(undefined)
  const said = new Set<Missing>()

  function set(shared: boolean): void {
    on.value = shared
    if (shared) storage.set('location', 'shared')
    else storage.remove('location')
  }

  return {
    on,
    missing,
    async turn(wanted) {
      missing.value = undefined
      if (!wanted) return set(false)
      const position = await findPosition(PERMISSION_WITHIN)
      const impossible = 'missing' in position && position.missing !== 'unknown'
      if (impossible) missing.value = position.missing
      else set(true)
    },
    async locate() {
      const position = await findPosition()
      if ('found' in position) return position.found
      if (position.missing !== 'unknown') set(false)
      if (!said.has(position.missing)) missing.value = position.missing
      said.add(position.missing)
      return undefined
    },
  }
}
