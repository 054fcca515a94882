import type { PluginState, Registration } from '#contract'
import type { Addresses } from './address.ts'
import { type Breaker, createBreaker } from './breaker.ts'
import { type Client, createClient } from './client.ts'
import type { Journal } from './journal.ts'

/** One plugin that Core has to do with: registered, started by Core, or both. */
export interface Known {
  readonly id: string
  readonly breaker: Breaker
  readonly registration: Registration | undefined
  readonly client: Client | undefined
  /** Takes a registration over. Connections are kept when nothing that a call depends on has changed. @throws Problem `not_allowed` */
  connect(registration: Registration, token: () => string | undefined): void
  /** Breaks calls in flight off. */
  disconnect(): void
}

/** All of them, by id. */
export interface Roster {
  find(id: string): Known | undefined
  /** Makes one that is not there yet, `offline`. */
  of(id: string): Known
  all(): Known[]
  onChange(listener: () => void): () => void
}

export function createRoster({
  addresses,
  journal,
  onState,
}: {
  addresses: Addresses
  journal: Journal
  onState: (id: string, state: PluginState) => void
}): Roster {
  const known = new Map<string, Known>()
  const listeners = new Set<() => void>()

  function changed(id: string, state: PluginState): void {
    journal.say(id, 'info', 'plugin state', { state })
    onState(id, state)
    for (const listener of listeners) listener()
  }

  function of(id: string): Known {
    const found = known.get(id)
    if (found) return found
    const made = createKnown(id, addresses, (state) => changed(id, state))
    known.set(id, made)
    return made
  }

  return {
    find: (id) => known.get(id),
    of,
    all: () => [...known.values()].sort((a, b) => (a.id < b.id ? -1 : 1)),
    onChange(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
  }
}

function createKnown(id: string, addresses: Addresses, onChange: (state: PluginState) => void): Known {
  let registration: Registration | undefined
  let client: Client | undefined
  const breaker = createBreaker({ health: async () => client?.health() ?? 'gone', onChange })

  return {
    id,
    breaker,
    get registration() {
      return registration
    },
    get client() {
      return client
    },
    connect(changed, token) {
      if (!client || !registration || !reachedAlike(registration, changed)) {
        const made = createClient(changed, { token, addresses })
        client?.retire()
        client = made
      }
      registration = changed
    },
    disconnect() {
      breaker.rest('offline')
      client?.destroy()
      client = undefined
      registration = undefined
    },
  }
}

const reachedAlike = (a: Registration, b: Registration): boolean =>
  JSON.stringify([a.health_check_url, a.config, a.capabilities]) ===
  JSON.stringify([b.health_check_url, b.config, b.capabilities])
