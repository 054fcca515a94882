import { errors, Pool } from 'undici'
import { Webhook } from 'standardwebhooks'
import type { BridgeMessage } from '#contract'
import type { Outbound } from '../outbound.ts'
import { drain } from '../plugins/answer.ts'
import type { Callback } from './callbacks.ts'

/** How long a bridge may take to answer, in ms; it answers when the message is on its way, not when it was read. */
const DEADLINE = 15_000
const CONNECT = 2_000
const MAX_CONNECTIONS = 8
const MAX_ANSWER = 64 * 1024

/** What came of handing a message to a bridge. */
export type Outcome =
  | { readonly kind: 'taken' }
  /** It will never take this one. */
  | { readonly kind: 'refused'; readonly problem: string }
  /** It does not have it. `after`: when it wants to be asked again, in ms. */
  | { readonly kind: 'not_taken'; readonly problem: string; readonly after?: number }
  /** Nobody knows whether it has it. */
  | { readonly kind: 'unsure'; readonly problem: string }

export interface Webhooks {
  send(callback: Callback, message: BridgeMessage): Promise<Outcome>
  close(): Promise<void>
}

/** Messages to bridges, with the headers of Standard Webhooks. Follows no redirects; reaches what `outbound` allows. */
export function createWebhooks({ now, outbound }: { now: () => number; outbound: Outbound }): Webhooks {
  const pools = new Map<string, Pool>()

  function poolOf(origin: string): Pool {
    const known = pools.get(origin)
    if (known) return known
    const pool = new Pool(origin, {
      connect: { lookup: outbound.lookup, timeout: CONNECT },
      connections: MAX_CONNECTIONS,
      pipelining: 1,
      maxResponseSize: MAX_ANSWER,
    })
    pools.set(origin, pool)
    return pool
  }

  return {
    async send(callback, message) {
      const fault = outbound.faultOf(callback.callback_url)
      if (fault) return { kind: 'not_taken', problem: `its address ${fault}` }
      const url = new URL(callback.callback_url)
      const body = JSON.stringify(message)
      try {
        const answer = await poolOf(url.origin).request({
          method: 'POST',
          path: url.pathname + url.search,
          headers: { 'content-type': 'application/json', ...signed(callback, message.id, body, now()) },
          body,
          signal: AbortSignal.timeout(DEADLINE),
        })
        drain(answer.body)
        return outcomeOf(answer.statusCode, answer.headers['retry-after'])
      } catch (error) {
        return { kind: neverArrived(error) ? 'not_taken' : 'unsure', problem: faultOf(error) }
      }
    },
    async close() {
      await Promise.all([...pools.values()].map((pool) => pool.destroy()))
    },
  }
}

function signed({ secret }: Callback, id: string, body: string, at: number): Record<string, string> {
  const timestamp = new Date(at)
  return {
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(at / 1000)),
    'webhook-signature': new Webhook(secret).sign(id, timestamp, body),
  }
}

const REFUSALS: ReadonlySet<number> = new Set([400, 404, 405, 410, 413, 415, 422])

function outcomeOf(status: number, retryAfter: string | string[] | undefined): Outcome {
  if (status >= 200 && status < 300) return { kind: 'taken' }
  const problem = `it answered with HTTP status ${status}`
  if (REFUSALS.has(status)) return { kind: 'refused', problem }
  if (status >= 500 && status !== 503) return { kind: 'unsure', problem }
  const seconds = Number(retryAfter)
  return { kind: 'not_taken', problem, ...(seconds > 0 && { after: seconds * 1000 }) }
}

const NO_CONNECTION: ReadonlySet<unknown> = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EHOSTUNREACH',
  'ENETUNREACH',
])

/** No connection, so not a byte of it went out. */
const neverArrived = (error: unknown): boolean =>
  error instanceof errors.ConnectTimeoutError || NO_CONNECTION.has((error as { code?: unknown }).code)

function faultOf(error: unknown): string {
  if (error instanceof DOMException) return `it did not answer within ${DEADLINE / 1000} s`
  const { code, message } = error as { code?: string; message: string }
  return code ?? message
}
