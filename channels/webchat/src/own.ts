import type { Api } from './api.ts'
import { type Drafts, createDrafts } from './drafts.ts'
import type { People } from './people.ts'
import type { Sharing } from './sharing.ts'
import { createPersonal, type Storage } from './storage.ts'

/** What the one who is logged in has on this device. */
export interface Own {
  readonly storage: Storage
  readonly drafts: Drafts
  /** How many texts lie here that were not sent. */
  unsent(): number
  /** Leaves nothing of what the person wrote on this device. Throws `RequestFailed`: then they are still logged in. */
  logOut(everywhere: boolean): Promise<void>
}

interface Parts {
  readonly api: Pick<Api, 'logOut'>
  readonly storage: Storage
  readonly people: Pick<People, 'self'>
  readonly sharing: Pick<Sharing, 'turn'>
}

export function createOwn({ api, storage, people, sharing }: Parts): Own {
  const own = createPersonal(storage, () => people.self.value ?? '')
  const drafts = createDrafts(own)
  return {
    storage: own,
    drafts,
    unsent() {
      drafts.flush()
      return own.keys('draft.').length + own.keys('outbox.').length
    },
    async logOut(everywhere) {
      await api.logOut(everywhere)
      drafts.flush()
      for (const key of own.keys('')) own.remove(key)
      await sharing.turn(false)
    },
  }
}
