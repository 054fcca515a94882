/** Lets so many go at a time, in the order in which they came. */
export interface Starts {
  /** Resolves when it is one's turn, with the function that passes it on; again is harmless. */
  take(): Promise<() => void>
}

/** @param atLatest after this time, in ms, a turn passes on by itself */
export function createStarts({ atOnce, atLatest }: { atOnce: number; atLatest: number }): Starts {
  const waiting: (() => void)[] = []
  let free = atOnce

  function begin(go: (pass: () => void) => void): void {
    free--
    let over = false
    const pass = (): void => {
      if (over) return
      over = true
      clearTimeout(timer)
      free++
      if (waiting.length > 0) waiting.shift()?.()
    }
    const timer = setTimeout(pass, atLatest)
    go(pass)
  }

  return {
    take: () =>
      new Promise((go) => {
        if (free > 0) begin(go)
        else waiting.push(() => begin(go))
      }),
  }
}
