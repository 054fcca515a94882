import type { ReadonlySignal } from '@preact/signals'
import type { Storage } from './storage.ts'
import type { Turn, TurnState } from './turn.ts'
import type { Words } from './words/en.ts'

/** After this long a message is not sent by itself any more: its person decides. */
const STALE = 60 * 60 * 1_000

/** What Core has not acknowledged yet: kept until it has, over reloads and crashes of the page. */
export interface Outbox {
  keep(turn: Turn): void
  forget(id: string): void
  /** What an earlier visit left, oldest first, ready to be sent or to be decided about. */
  restore(now: number): Turn[]
}

const keyOf = (id: string): string => `outbox.${id}`

/** One key for each message, so that two tabs never overwrite each other. */
export function createOutbox(storage: Storage, words: ReadonlySignal<Words>): Outbox {
  return {
    keep(turn) {
      if (storage.set(keyOf(turn.id), JSON.stringify(turn))) return
      const lost = turn.attachments.map(({ name }) => name)
      storage.set(keyOf(turn.id), JSON.stringify({ ...turn, attachments: [], lost }))
    },
    forget: (id) => storage.remove(keyOf(id)),
    restore: (now) =>
      storage
        .keys('outbox.')
        .map((key): Kept => JSON.parse(storage.get(key) ?? 'null'))
        .filter((kept) => kept !== null)
        .map((kept) => restored(kept, now, words.value))
        .toSorted((a, b) => a.at.localeCompare(b.at)),
  }
}

type Kept = Turn & { readonly lost?: readonly string[] }

function restored({ lost = [], ...turn }: Kept, now: number, words: Words): Turn {
  const isStale = now - Date.parse(turn.at) > STALE
  return { ...turn, after: undefined, restored: true, state: restoredState(turn.state, lost, isStale, words) }
}

function restoredState(state: TurnState, lost: readonly string[], isStale: boolean, words: Words): TurnState {
  if (state.name === 'failed' || state.name === 'offline') return state
  if (lost.length > 0)
    return { name: 'failed', problem: words.lostAttachments(lost.join(', ')), refused: true }
  return isStale ? { name: 'failed', problem: words.notSentEarlier, refused: true } : { name: 'waiting' }
}
