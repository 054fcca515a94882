import { computed, type ReadonlySignal, signal } from '@preact/signals'
import { type Api, RequestFailed } from './api.ts'
import type { Storage } from './storage.ts'
import type { Device, NotNotified } from './subscription.ts'

/** Whether this device tells the person of what comes while the page is closed. */
export interface Notifications {
  /** For who the page acts as. */
  readonly on: ReadonlySignal<boolean>
  /** Why there are none. */
  readonly missing: ReadonlySignal<NotNotified | undefined>
  /** Turning it on is the moment the browser asks. */
  turn(on: boolean): Promise<void>
  /** The chats of the person that are left out; undefined: not known yet. */
  readonly muted: ReadonlySignal<readonly string[] | undefined>
  loadMuted(): Promise<void>
  mute(partner: string, muted: boolean): Promise<void>
  /** Core may have lost it, or the browser may have changed its address. */
  renew(): Promise<void>
}

interface Parts {
  readonly api: Pick<Api, 'pushKey' | 'subscribe' | 'unsubscribe' | 'muted' | 'mute'>
  readonly storage: Storage
  readonly user: ReadonlySignal<string>
  readonly device: Device
}

/** Who this device notifies. */
const KEPT = 'notified'

export function createNotifications({ api, storage, user, device }: Parts): Notifications {
  const notified = signal(storage.get(KEPT))
  const missing = signal(device.obstacle())
  const muted = signal<readonly string[] | undefined>(undefined)

  function set(person: string | undefined): void {
    notified.value = person
    if (person === undefined) storage.remove(KEPT)
    else storage.set(KEPT, person)
  }

  async function turnOn(person: string): Promise<void> {
    const found = await device.subscribe(api.pushKey)
    if (typeof found === 'string') missing.value = found
    else {
      await api.subscribe(person, found)
      set(person)
    }
  }

  async function turnOff(person: string): Promise<void> {
    const found = await device.subscription()
    if (found) await api.unsubscribe(person, found.endpoint)
    await device.unsubscribe()
    set(undefined)
  }

  async function attempt(work: () => Promise<void>): Promise<void> {
    try {
      await work()
    } catch (error) {
      if (!(error instanceof RequestFailed)) throw error
      missing.value = 'failed'
    }
  }

  return {
    on: computed(() => notified.value === user.value),
    missing,
    turn(on) {
      missing.value = undefined
      return attempt(() => (on ? turnOn : turnOff)(user.value))
    },
    muted,
    loadMuted: () => attempt(async () => void (muted.value = await api.muted(user.value))),
    mute: (partner, isMuted) =>
      attempt(async () => void (muted.value = await api.mute({ user: user.value, partner }, isMuted))),
    async renew() {
      const person = notified.value
      if (person === undefined || device.obstacle()) return
      const found = await device.subscription()
      if (found) await attempt(() => api.subscribe(person, found))
      else set(undefined)
    },
  }
}
