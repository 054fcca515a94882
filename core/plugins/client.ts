import { EventEmitter } from 'node:events'
import { type Dispatcher, errors, Pool } from 'undici'
import { normalizeId, type PluginRequest, type PluginResult, type Registration } from '#contract'
import type { Addresses } from './address.ts'
import { CallFailed, drain, readJson, readResult, readStream } from './answer.ts'
import type { Health } from './breaker.ts'
import type { CallOptions } from './plugins.ts'

/** Largest answer, whole or streamed. */
const MAX_ANSWER = 4 * 1024 * 1024
const MAX_CONNECTIONS = 64
const TOO_LARGE = `it is larger than ${MAX_ANSWER / 1024 / 1024} MB`
const CONNECT_MS = 2_000
const HEALTH_MS = 2_000
const NOT_ALLOWED = 'its host is not on this machine, and not in plugin_hosts any more'

/**
 * HTTP to one plugin. Follows no redirects, connects only to where plugins may be, reads at most 4 MB of an answer.
 * All but `health` throw `CallFailed`, or the signal's reason when the caller aborts.
 */
export interface Client {
  /** `result.success` may be false. */
  run(request: PluginRequest, options: CallOptions): Promise<PluginResult>
  /** Undefined for what the plugin does not have. */
  fetch(method: 'GET' | 'POST' | 'DELETE', path: string, body: unknown): Promise<unknown>
  /** Always on a connection of its own: it must find out whether there still is somebody. */
  health(): Promise<Health>
  /** Lets calls in flight finish. */
  retire(): void
  /** Breaks calls in flight off. */
  destroy(): void
}

/** What undici takes for a signal. An AbortController for each call would cost a third of the call (measured). */
type Abort = EventEmitter & { reason?: unknown }

/** @throws Problem `not_allowed` for an address where plugins may not be */
export function createClient(
  registration: Registration,
  { token, addresses }: { token: () => string | undefined; addresses: Addresses },
): Client {
  const { base, health, isHere } = addresses.of(registration)
  const isAllowed = (): boolean => isHere || addresses.allows(registration)
  const connect = { lookup: addresses.lookup, timeout: CONNECT_MS }
  const limits = { connect, maxResponseSize: MAX_ANSWER, headersTimeout: 0, bodyTimeout: 0 }
  const pool = new Pool(base.origin, { ...limits, connections: MAX_CONNECTIONS, pipelining: 1 })
  const checks = new Pool(health.origin, { ...limits, connections: 1, pipelining: 0 })
  const folder = base.pathname.replace(/\/+$/, '')

  /** Sends, and reads the answer; both within the deadline. */
  async function exchange<T>(
    request: { method: 'GET' | 'POST' | 'DELETE'; path: string; body: unknown; accept: string },
    signal: AbortSignal | undefined,
    read: (answer: Dispatcher.ResponseData) => Promise<T>,
  ): Promise<T> {
    signal?.throwIfAborted()
    if (!isAllowed()) throw new CallFailed('unreachable', NOT_ALLOWED)
    const abort: Abort = new EventEmitter()
    const end = (reason: unknown): void => {
      abort.reason ??= reason
      abort.emit('abort')
    }
    const tooLate = (): void =>
      end(new CallFailed('timeout', `no answer within ${registration.config.timeout_sec} s`))
    const stopped = (): void => end(signal?.reason)
    const deadline = setTimeout(tooLate, registration.config.timeout_sec * 1_000)
    signal?.addEventListener('abort', stopped)
    try {
      const answer = await send(pool, {
        method: request.method,
        path: folder + request.path,
        headers: headersOf(request.accept, token()),
        body: request.body === undefined ? null : JSON.stringify(request.body),
        signal: abort,
      })
      refuseLarge(answer)
      return await read(answer)
    } catch (cause) {
      throw abort.reason ?? asCallFailed(cause)
    } finally {
      clearTimeout(deadline)
      signal?.removeEventListener('abort', stopped)
    }
  }

  return {
    async run(request, { onText, signal }) {
      const accept = onText ? 'text/event-stream, application/json' : 'application/json'
      const read = (answer: Dispatcher.ResponseData): Promise<PluginResult> =>
        onText && answer.statusCode === 200 && isEventStream(answer)
          ? readStream(answer, onText)
          : readResult(answer)
      const own = ownAddress(registration, request)
      const usual = { method: 'POST', path: registration.config.path, body: request } as const
      const special = own && (await exchange({ ...own, accept }, signal, unlessAbsent(read)))
      const result = special ?? (await exchange({ ...usual, accept }, signal, read))
      if (result.request_id && result.request_id !== request.request_id)
        throw new CallFailed('answer', 'the request_id is that of another request')
      return result
    },
    fetch: (method, path, body) =>
      exchange({ method, path, body, accept: 'application/json' }, undefined, async (answer) =>
        ABSENT.has(answer.statusCode) ? drain(answer.body) : readJson(answer),
      ),
    async health() {
      if (!isAllowed()) return 'gone'
      try {
        const answer = await checks.request({
          method: 'GET',
          path: health.pathname + health.search,
          signal: AbortSignal.timeout(HEALTH_MS),
        })
        drain(answer.body)
        return answer.statusCode >= 200 && answer.statusCode < 300 ? 'well' : 'unwell'
      } catch (cause) {
        return cause instanceof DOMException && cause.name === 'TimeoutError' ? 'slow' : 'gone'
      }
    },
    retire() {
      void pool.close()
      void checks.close()
    },
    destroy() {
      void pool.destroy()
      void checks.destroy()
    },
  }
}

/** No such path, or not with this method (501: plain servers say so of a method that they do not know). */
const ABSENT: ReadonlySet<number> = new Set([404, 405, 501])

/** Undefined where there is no such path, or none with this method. */
const unlessAbsent =
  <T>(read: (answer: Dispatcher.ResponseData) => Promise<T>) =>
  async (answer: Dispatcher.ResponseData): Promise<T | undefined> => {
    if (answer.statusCode !== 404 && answer.statusCode !== 405) return read(answer)
    drain(answer.body)
    return undefined
  }

/** Where the capability that is asked for has an address of its own; upstream's Core calls `config.path` in any case. */
function ownAddress(
  { config, capabilities }: Registration,
  request: PluginRequest,
): { method: 'GET' | 'POST'; path: string; body: unknown } | undefined {
  const asked = capabilities.find(({ id }) => id === normalizeId(request.capability_id ?? ''))
  const { method = 'POST', path = config.path } = asked ?? {}
  if (method === 'POST') return path === config.path ? undefined : { method, path, body: request }
  const query = new URLSearchParams({ request_id: request.request_id, user_id: request.user_id })
  for (const [name, value] of Object.entries(request.capability_parameters ?? {}))
    query.set(name, typeof value === 'string' ? value : JSON.stringify(value))
  return { method, path: `${path}${path.includes('?') ? '&' : '?'}${query}`, body: undefined }
}

/**
 * A kept connection that the plugin was just closing breaks when the request is on its way (RFC 9112 §9.3.1).
 * Only then, when it had answered on it before, is the request sent once more: its request_id makes that harmless.
 */
async function send(pool: Pool, request: Dispatcher.RequestOptions): Promise<Dispatcher.ResponseData> {
  try {
    return await pool.request(request)
  } catch (cause) {
    if (!(cause instanceof errors.SocketError) || !cause.socket?.bytesRead) throw cause
    return pool.request(request)
  }
}

/** What says itself that it is too large is not begun: ten of them would cost 40 MB until they are collected (measured). */
function refuseLarge({ headers, body }: Dispatcher.ResponseData): void {
  if (!(Number(headers['content-length']) > MAX_ANSWER)) return
  body.on('error', () => {}).destroy()
  throw new CallFailed('answer', TOO_LARGE)
}

function headersOf(accept: string, token: string | undefined): Record<string, string> {
  const headers: Record<string, string> = { accept, 'content-type': 'application/json' }
  if (token) headers['authorization'] = `Bearer ${token}`
  return headers
}

const isEventStream = ({ headers }: Dispatcher.ResponseData): boolean =>
  String(headers['content-type']).startsWith('text/event-stream')

/** Decided on types and codes of undici and Node. What is none of them is a mistake of ours and stays as it is. */
function asCallFailed(cause: unknown): unknown {
  if (cause instanceof CallFailed || !(cause instanceof Error) || !('code' in cause)) return cause
  if (cause instanceof errors.ResponseExceededMaxSizeError) return new CallFailed('answer', TOO_LARGE, cause)
  if (cause instanceof errors.HTTPParserError || cause instanceof errors.HeadersOverflowError)
    return new CallFailed('answer', 'it is not HTTP', cause)
  const code = String(cause.code)
  if (code === 'UND_ERR_INVALID_ARG' || code.startsWith('ERR_')) return cause
  return new CallFailed('unreachable', code, cause)
}
