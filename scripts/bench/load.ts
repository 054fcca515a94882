import { Pool } from 'undici'

export interface Load {
  readonly connections: number
  readonly seconds: number
  /** The number-th request. Whatever it needs is made before the load begins, or is cheap. */
  readonly request: (number: number) => { path: string; body: string; headers?: Record<string, string> }
}

export interface LoadResult {
  readonly requests: number
  readonly perSecond: number
  /** In ms. */
  readonly p50: number
  readonly p99: number
}

/** Posts on `connections` connections at once, each waiting for its answer before the next. @throws Error on any answer but 200 */
export async function load(url: string, { connections, seconds, request }: Load): Promise<LoadResult> {
  const pool = new Pool(url, { connections, pipelining: 1 })
  const latencies: number[] = []
  const started = performance.now()
  const until = started + seconds * 1000
  let number = 0

  async function work(): Promise<void> {
    while (performance.now() < until) {
      const { path, body, headers } = request(number++)
      const sent = performance.now()
      const answer = await pool.request({
        path,
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body,
      })
      const text = await answer.body.text()
      if (answer.statusCode !== 200) throw new Error(`${path} answered ${answer.statusCode}: ${text}`)
      latencies.push(performance.now() - sent)
    }
  }

  try {
    await Promise.all(Array.from({ length: connections }, work))
  } finally {
    await pool.destroy()
  }
  latencies.sort((a, b) => a - b)
  return {
    requests: latencies.length,
    perSecond: latencies.length / ((performance.now() - started) / 1000),
    p50: quantile(latencies, 0.5),
    p99: quantile(latencies, 0.99),
  }
}

const quantile = (sorted: readonly number[], part: number): number =>
  sorted[Math.floor((sorted.length - 1) * part)] ?? 0

export const median = (values: readonly number[]): number =>
  quantile(
    values.toSorted((a, b) => a - b),
    0.5,
  )
