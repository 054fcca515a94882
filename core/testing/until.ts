import { vi } from 'vitest'

/**
 * Waits until `check` throws no more, and gives what it returns. How long that takes says nothing about the code: a test
 * that waits must not fail on a machine that is busy, so `patience` only ends what will never come. Both in ms.
 */
export const until = <T>(
  check: () => T | Promise<T>,
  { interval = 20, patience = 30_000 }: { interval?: number; patience?: number } = {},
): Promise<T> => vi.waitFor(check, { timeout: patience, interval })

/** Asks until it is true, or fails after 15 s. */
export async function eventually(what: string, isTrue: () => boolean | Promise<boolean>): Promise<void> {
  const check = async (): Promise<void> => {
    if (!(await isTrue())) throw new Error(`never came true: ${what}`)
  }
  await until(check, { patience: 15_000 })
}
