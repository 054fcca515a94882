import type { Database } from '../database.ts'
import type { Log } from '../log.ts'
import type { NewTurn, StoredTurn } from './chats.ts'

/** How long a turn that is going on may be missing on disk, in ms. */
const BEHIND = 50

/** A turn that is not on disk yet. */
export interface Draft {
  readonly turn: NewTurn
  readonly stored: StoredTurn
  readonly at: number
}

export function draftOf(turn: NewTurn, at: number): Draft {
  const { id, message_id = id, user_id, partner, message, replaces } = turn
  const said = message && { text: message.text, channel: message.channel, at }
  return {
    turn,
    stored: { id, message_id, user_id, partner, message: said, isVersion: replaces !== undefined },
    at,
  }
}

/**
 * Turns that have begun and are not on disk yet. Most end within milliseconds: then their beginning and their end are
 * one write. What takes longer is written while it goes on, so that it is found when Core dies.
 */
export interface Drafts {
  add(draft: Draft): void
  /** By the id of the turn. */
  of(id: string): Draft | undefined
  /** It is on disk. */
  drop(id: string): void
  /** Resolves when all of them are on disk. */
  flush(): Promise<void>
  close(): void
}

/** @param insert stores one, inside a transaction; one that is there already stays as it is */
export function createDrafts(parts: {
  database: Database
  insert: (draft: Draft) => unknown
  /** Hears of each that came to the disk while its turn goes on. */
  onWritten: (stored: StoredTurn) => void
  log: Log
}): Drafts {
  const { database, insert, onWritten, log } = parts
  const drafts = new Map<string, Draft>()
  /** Begun since the last look: most of them will not be here at the next one. */
  const young = new Set<string>()
  let timer: NodeJS.Timeout | undefined

  const later = (): NodeJS.Timeout => setTimeout(writeOld, BEHIND / 2).unref()

  async function write(batch: readonly Draft[]): Promise<void> {
    if (batch.length === 0) return
    await database.write(() => {
      for (const draft of batch) insert(draft)
    })
    for (const { stored } of batch) {
      drafts.delete(stored.id)
      onWritten(stored)
    }
  }

  /** What could not be written is still there, and comes with the end of its turn. */
  function writeOld(): void {
    const old = [...drafts.values()].filter(({ stored }) => !young.has(stored.id))
    timer = young.size > 0 ? later() : undefined
    young.clear()
    write(old).catch((error: unknown) => log.warn({ err: error }, 'chats: what begins is not on disk'))
  }

  return {
    add(draft) {
      drafts.set(draft.stored.id, draft)
      young.add(draft.stored.id)
      timer ??= later()
    },
    of: (id) => drafts.get(id),
    drop(id) {
      drafts.delete(id)
      young.delete(id)
    },
    flush: () => write([...drafts.values()]),
    close: () => clearTimeout(timer),
  }
}
