import type { InboxMessage } from '#contract'
import type { Database } from '../database.ts'
import type { Client } from './delivery.ts'
import type { Ledger, Row } from './ledger.ts'

/** Who is connected, per person. All clients of a person get everything; the first acknowledgement counts. */
export interface Clients {
  /** From now on this client gets what is for this person, first what it missed. Gives the undo. */
  connect(userId: string, client: Client): () => void
  has(userId: string): boolean
  /** Sends what can be sent; resolves when it was handed to the connections. */
  pump(userId: string): Promise<void>
}

export interface ClientsParts {
  readonly database: Database
  readonly ledger: Ledger
  readonly toMessage: (row: Row) => InboxMessage
  /** Until when clients have time to acknowledge before another way is tried; undefined where there is none. */
  readonly patience: (userId: string) => number | undefined
  /** These have been handed out, and may have to be looked at again when the patience is over. */
  readonly onSent: (rows: readonly Row[]) => void
  /** The last client of a person left. */
  readonly onGone: (userId: string) => void
  readonly inBackground: (work: Promise<unknown>) => void
  readonly now: () => number
}

export function createClients(parts: ClientsParts): Clients {
  const { database, ledger, toMessage, now } = parts
  /** For each client what it has on this connection. */
  const connected = new Map<string, Map<Client, ReadonlySet<number>>>()

  async function pump(userId: string): Promise<void> {
    const waiting = connected.has(userId) ? ledger.forClients(userId, now()).filter(isUnsent) : []
    if (waiting.length > 0) {
      const until = parts.patience(userId) ?? null
      await database.write(() => waiting.forEach((row) => markSent(row, until)))
      parts.onSent(waiting)
    }
    show(userId)
  }

  /** Before it is shown: whatever happens then, nobody else gets it as long as clients may have it. */
  function markSent(row: Row, until: number | null): void {
    ledger.mark(row, { state: 'sent', via: 'clients', next_at: until }, now())
  }

  function show(userId: string): void {
    const clients = connected.get(userId)
    if (!clients) return
    const rows = ledger.forClients(userId, now()).filter((row) => !isUnsent(row))
    const all = new Set(rows.map(({ seq }) => seq))
    for (const [client, has] of clients) {
      clients.set(client, all)
      for (const row of rows) if (!has.has(row.seq)) client.push(toMessage(row))
    }
  }

  return {
    has: (userId) => connected.has(userId),
    pump,
    connect(userId, client) {
      const clients = connected.get(userId) ?? new Map<Client, ReadonlySet<number>>()
      connected.set(userId, clients)
      clients.set(client, new Set())
      parts.inBackground(pump(userId))
      return () => {
        clients.delete(client)
        if (clients.size > 0 || connected.get(userId) !== clients) return
        connected.delete(userId)
        parts.onGone(userId)
      }
    },
  }
}

const isUnsent = ({ state }: Row): boolean => state === 'waiting'
