import { effect } from '@preact/signals'
import type { People } from './people.ts'
import { SYSTEM } from './turn.ts'

/** The icon of the app carries how many messages were not read yet, where the device can show it. */
export function countOnIcon({ companions, unread, user }: People): void {
  if (!('setAppBadge' in navigator)) return
  effect(() => {
    const partners = [SYSTEM, ...companions.value.map(({ id }) => id)]
    const count = partners.reduce((sum, partner) => sum + unread({ user: user.value, partner }), 0)
    // A browser may refuse it; nothing depends on it.
    navigator.setAppBadge(count).catch(() => {})
  })
}
