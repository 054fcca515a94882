import { vi } from 'vitest'

/**
 * Waits until `check` throws no more, and gives what it returns. How long that takes says nothing about the code: a test
 * that waits must not fail on a machine that is busy, so it only ends what will never come.
 */
export const until = <T>(check: () => T | Promise<T>, interval = 20): Promise<T> =>
  vi.waitFor(check, { timeout: 30_000, interval })
