import { createHash, timingSafeEqual } from 'node:crypto'

/** The secret between Core and this plugin: sent with callbacks, expected on every run. */
export interface Token {
  current(): string | undefined
  take(token: string): void
  /** Whether an `Authorization` header carries it. Constant time. False while there is none. */
  matches(header: string | undefined): boolean
}

export function createToken(initial: string | undefined): Token {
  let value = initial
  return {
    current: () => value,
    take: (token) => void (value = token),
    matches: (header) =>
      value !== undefined && timingSafeEqual(digest(header ?? ''), digest(`Bearer ${value}`)),
  }
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest()
