import type { PushSubscribed } from '#contract'

/** Why this browser gets no notifications. `unable`: it or its push service cannot; `failed`: Core did not take it. */
export type NotNotified = 'insecure' | 'unable' | 'refused' | 'failed'

/** How a device is reached, for Core. */
export type Subscription = Omit<PushSubscribed, 'user_id'>

/** This browser and its push service. */
export interface Device {
  /** What stands in the way before anybody is asked. */
  obstacle(): NotNotified | undefined
  /** Asks the person when the browser has not yet. @param key Core's public key */
  subscribe(key: () => Promise<string>): Promise<Subscription | NotNotified>
  /** Undefined when there is none. */
  subscription(): Promise<Subscription | undefined>
  unsubscribe(): Promise<void>
}

export const thisDevice: Device = {
  obstacle() {
    if (!isSecureContext) return 'insecure'
    if (!('serviceWorker' in navigator && 'PushManager' in globalThis && 'Notification' in globalThis))
      return 'unable'
    return Notification.permission === 'denied' ? 'refused' : undefined
  },
  async subscribe(key) {
    if ((await Notification.requestPermission()) !== 'granted') return 'refused'
    const applicationServerKey = await key()
    const { pushManager } = await navigator.serviceWorker.ready
    await (await pushManager.getSubscription())?.unsubscribe()
    try {
      return plain(await pushManager.subscribe({ userVisibleOnly: true, applicationServerKey }))
    } catch {
      return 'unable'
    }
  },
  async subscription() {
    const found = await (await navigator.serviceWorker.ready).pushManager.getSubscription()
    return found ? plain(found) : undefined
  },
  async unsubscribe() {
    const found = await (await navigator.serviceWorker.ready).pushManager.getSubscription()
    await found?.unsubscribe()
  },
}

function plain(subscription: PushSubscription): Subscription {
  const { endpoint, keys: { p256dh = '', auth = '' } = {} } = subscription.toJSON()
  return { endpoint: endpoint ?? '', keys: { p256dh, auth } }
}
