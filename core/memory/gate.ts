/** Lets many in together, or one alone. First come, first served: nobody waits for ever. */
export interface Gate {
  together<T>(job: () => Promise<T>): Promise<T>
  alone<T>(job: () => Promise<T>): Promise<T>
}

export function createGate(): Gate {
  const waiting: { alone: boolean; enter(): void }[] = []
  let inside = 0
  let closed = false

  function letIn(): void {
    for (let first = waiting[0]; first && !closed; first = waiting[0]) {
      if (first.alone && inside > 0) return
      waiting.shift()
      inside++
      closed = first.alone
      first.enter()
    }
  }

  function leave(): void {
    inside--
    closed = false
    letIn()
  }

  async function pass<T>(alone: boolean, job: () => Promise<T>): Promise<T> {
    await new Promise<void>((enter) => {
      waiting.push({ alone, enter })
      letIn()
    })
    try {
      return await job()
    } finally {
      leave()
    }
  }

  return { together: (job) => pass(false, job), alone: (job) => pass(true, job) }
}
