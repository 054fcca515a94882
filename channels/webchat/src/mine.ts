import type { Api } from './api.ts'
import type { Notifications } from './notifications.ts'
import type { Storage } from './storage.ts'
import type { Turn } from './turn.ts'

/** What is the person's own: memories, friends as they set them, and all of it together. */
export type Mine = Pick<
  Api,
  | 'memories'
  | 'memory'
  | 'editMemory'
  | 'forgetMemory'
  | 'forgetMemoriesOf'
  | 'friendSettings'
  | 'changeFriendSettings'
  | 'nudges'
  | 'changeNudges'
  /** With what this browser keeps of it. */
  | 'deleteData'
>

interface Parts {
  readonly api: Api
  readonly storage: Storage
  readonly notifications: Notifications
}

export const createMine = ({ api, storage, notifications }: Parts): Mine => ({
  ...api,
  async deleteData(user) {
    if (notifications.on.value) await notifications.turn(false)
    const removed = await api.deleteData(user)
    forgetOnDevice(storage, user)
    return removed
  },
})

/** Drafts, and what waits to be sent. */
function forgetOnDevice(storage: Storage, user: string): void {
  for (const key of storage.keys('draft.')) {
    const [whose] = JSON.parse(key.slice('draft.'.length))
    if (whose === user) storage.remove(key)
  }
  for (const key of storage.keys('outbox.')) {
    const kept: Turn | null = JSON.parse(storage.get(key) ?? 'null')
    if (kept?.user === user) storage.remove(key)
  }
}
