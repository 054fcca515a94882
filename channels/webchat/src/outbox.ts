import type { Storage } from './storage.ts'
import type { Turn, TurnState } from './turn.ts'

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
export function createOutbox(storage: Storage): Outbox {
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
        .map((kept) => restored(kept, now))
        .toSorted((a, b) => a.at.localeCompare(b.at)),
  }
}

type Kept = Turn & { readonly lost?: readonly string[] }

function restored({ lost, ...turn }: Kept, now: number): Turn {
  return { ...turn, after: undefined, restored: true, state: restoredState(turn.state, turn.at, lost, now) }
}

function restoredState(
  state: TurnState,
  at: string,
  lost: readonly string[] | undefined,
  now: number,
): TurnState {
  if (state.name === 'failed' || state.name === 'offline') return state
  if (lost?.length) {
    return {
      name: 'failed',
      problem: `It was not sent, and ${lost.join(', ')} was too large to be kept. Edit it to attach it again.`,
    }
  }
  if (now - Date.parse(at) > STALE) return { name: 'failed', problem: 'It was written earlier and not sent.' }
  return { name: 'waiting' }
}
