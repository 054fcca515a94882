import type { PushNote } from '#contract'

export interface Lasting {
  waitUntil(work: Promise<void>): void
}

/** What a click on a notification tells the page. */
export interface OpenChat {
  readonly open: { readonly user: string; readonly partner: string }
}

interface Window {
  readonly visibilityState: DocumentVisibilityState
  focus(): Promise<unknown>
  postMessage(message: OpenChat): void
}
interface Pushed extends Lasting {
  readonly data: { json(): PushNote } | null
}
interface Clicked extends Lasting {
  readonly notification: Notification
}
declare const self: {
  readonly clients: {
    matchAll(wanted: { type: 'window'; includeUncontrolled: true }): Promise<Window[]>
    openWindow(address: string): Promise<Window | null>
  }
  readonly registration: ServiceWorkerRegistration
  readonly navigator: Navigator
  addEventListener(type: 'push', listener: (event: Pushed) => void): void
  addEventListener(type: 'notificationclick', listener: (event: Clicked) => void): void
}

const ICON = '/icons/192.png'

/** Shows what Core pushes, and leads from there to the chat. */
export function showPushes(): void {
  self.addEventListener('push', (event) => {
    const note = event.data?.json()
    if (note) event.waitUntil(show(note))
  })
  self.addEventListener('notificationclick', (event) => {
    event.notification.close()
    event.waitUntil(openChat(event.notification.data))
  })
}

/** The same message again replaces its notification. */
async function show({ id, title, text, unread, user_id, partner }: PushNote): Promise<void> {
  const data: OpenChat = { open: { user: user_id, partner } }
  await self.registration.showNotification(title, { body: text, tag: id, icon: ICON, data })
  if ('setAppBadge' in self.navigator) await self.navigator.setAppBadge(unread)
}

/** In a window that is there, the visible one first, else in a new one: the address is as router.ts has it. */
async function openChat(data: OpenChat): Promise<void> {
  const all = await self.clients.matchAll({ type: 'window', includeUncontrolled: true })
  const there = all.find(({ visibilityState }) => visibilityState === 'visible') ?? all[0]
  const address = `/#/chat/${encodeURIComponent(data.open.partner)}`
  const window = there ?? (await self.clients.openWindow(address))
  // eslint-disable-next-line unicorn/require-post-message-target-origin -- a window of the worker has none
  window?.postMessage(data)
  await there?.focus()
}
