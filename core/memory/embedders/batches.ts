import type { Purpose } from '../embedder.ts'

/** Gives one vector for each text, in their order. */
export type Answer = (texts: readonly string[]) => Promise<Float32Array[]>

/** Most texts of one batch: larger ones are hardly faster, and a question waits for the one that runs (measured). */
const MAX_BATCH = 8

interface Job {
  readonly texts: readonly string[]
  resolve(vectors: Float32Array[]): void
  reject(error: unknown): void
}

/**
 * Joins what is asked at the same time into batches, questions first. Who is in a batch that fails gets its error;
 * who still waits does not.
 * @param answer is asked for one batch at a time
 * @param onIdle nothing waits any more
 */
export function inBatches(
  answer: Answer,
  onIdle: () => void,
): (texts: readonly string[], purpose: Purpose) => Promise<Float32Array[]> {
  const waiting: Record<Purpose, Job[]> = { question: [], memory: [] }
  let working = false
  let scheduled = false

  /** At the end of this turn of the event loop, so that what is asked meanwhile goes along. */
  function schedule(): void {
    if (scheduled || working) return
    scheduled = true
    setImmediate(() => {
      scheduled = false
      void work()
    })
  }

  async function work(): Promise<void> {
    working = true
    for (let batch = takeBatch(); batch.length > 0; batch = takeBatch()) await answerAll(batch)
    working = false
    onIdle()
  }

  function takeBatch(): Job[] {
    const batch: Job[] = []
    let free = MAX_BATCH
    for (const queue of [waiting.question, waiting.memory]) {
      for (let job = queue[0]; job && job.texts.length <= free; job = queue[0]) {
        batch.push(job)
        free -= job.texts.length
        queue.shift()
      }
    }
    return batch
  }

  async function answerAll(jobs: readonly Job[]): Promise<void> {
    try {
      const vectors = await answer(jobs.flatMap(({ texts }) => texts))
      let at = 0
      for (const { texts, resolve } of jobs) resolve(vectors.slice(at, (at += texts.length)))
    } catch (error) {
      for (const { reject } of jobs) reject(error)
    }
  }

  return async (texts, purpose) => {
    const parts: Promise<Float32Array[]>[] = []
    for (let at = 0; at < texts.length; at += MAX_BATCH) {
      const part = texts.slice(at, at + MAX_BATCH)
      parts.push(
        new Promise((resolve, reject) => {
          waiting[purpose].push({ texts: part, resolve, reject })
          schedule()
        }),
      )
    }
    return (await Promise.all(parts)).flat()
  }
}
