import { type ReadonlySignal, type Signal, signal } from '@preact/signals'
import { type Position, WHY_NO_POSITION } from './location.ts'
import type { Storage } from './storage.ts'

/** Whether the person's location goes with their messages. */
export interface Sharing {
  readonly on: ReadonlySignal<boolean>
  /** One quiet sentence on why there is none; empty when there is nothing to say. */
  readonly notice: Signal<string>
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
  const notice = signal('')
  const said = new Set<string>()

  function set(shared: boolean): void {
    on.value = shared
    if (shared) storage.set('location', 'shared')
    else storage.remove('location')
  }

  return {
    on,
    notice,
    async turn(wanted) {
      notice.value = ''
      if (!wanted) return set(false)
      const position = await findPosition(PERMISSION_WITHIN)
      const impossible = 'missing' in position && position.missing !== 'unknown'
      if (impossible) notice.value = WHY_NO_POSITION[position.missing]
      else set(true)
    },
    async locate() {
      const position = await findPosition()
      if ('found' in position) return position.found
      if (position.missing !== 'unknown') set(false)
      const why = WHY_NO_POSITION[position.missing]
      if (!said.has(why)) notice.value = why
      said.add(why)
      return undefined
    },
  }
}
