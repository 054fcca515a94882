import { randomUUID } from 'node:crypto'

/** A UUID of version 7 (RFC 9562): later ones sort behind earlier ones. `at` is in ms. */
export function timeOrderedId(at: number): string {
  const time = at.toString(16).padStart(12, '0')
  return `${time.slice(0, 8)}-${time.slice(8)}-7${randomUUID().slice(15)}`
}
