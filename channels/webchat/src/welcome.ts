import type { Storage } from './storage.ts'

/** The name of the page. */
export const WELCOME = 'welcome'

/** On this device nobody was welcomed yet. It is said once: to ask is to have been here. */
export function isFirstVisit(storage: Storage): boolean {
  if (storage.get('welcomed')) return false
  storage.set('welcomed', 'yes')
  return true
}
