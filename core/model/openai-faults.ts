import { errors } from 'undici'
import { z } from 'zod'
import { ModelError, type ModelFault } from './model.ts'

/** Where a model is asked; what may be said of it to people. */
export interface Endpoint {
  /** Host and port, never the whole address: that may hold a key. */
  readonly host: string
  readonly name: string
  readonly api_key: string | undefined
}

const UNREACHABLE: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens at %s',
  ENOTFOUND: 'the host name of %s cannot be found',
  EAI_AGAIN: 'the host name of %s cannot be found',
  EHOSTUNREACH: '%s cannot be reached',
  ENETUNREACH: '%s cannot be reached',
  ECONNRESET: '%s closed the connection without an answer',
  EPIPE: '%s closed the connection without an answer',
  UND_ERR_SOCKET: '%s closed the connection without an answer',
}

/** An error of undici before or during the answer. */
export function fromNetwork(cause: unknown, { host }: Endpoint, started: boolean): ModelError {
  const code = codeOf(cause)
  if (code === 'UND_ERR_CONNECT_TIMEOUT' || code === 'ETIMEDOUT') {
    return new ModelError('timeout', `${host} could not be reached in time`, { cause })
  }
  // Without its cause: that holds what the endpoint said.
  if (cause instanceof errors.HTTPParserError)
    return new ModelError('bad_answer', `${host} does not speak HTTP`)
  if (started) return new ModelError('cut', `${host} broke off in the middle of the answer`, { cause })
  const known = UNREACHABLE[code]
  if (known) return new ModelError('refused', known.replace('%s', host), { cause })
  return new ModelError('refused', `${host} could not be asked${code && ` (${code})`}`, { cause })
}

const codeOf = (cause: unknown): string =>
  cause instanceof Error && 'code' in cause && typeof cause.code === 'string' ? cause.code : ''

/** What endpoints say when the prompt does not fit: OpenAI, llama.cpp, vLLM, LM Studio, Ollama. */
const TOO_LONG =
  /context[ _](length|size|window)|maximum context|exceeds? the (available )?context|too many tokens|prompt is too long|input.{0,20} too long|n_ctx|context_length_exceeded|exceed_context_size/i

/** An HTTP status that is not 200. `body` is looked at, never repeated: endpoints echo prompts and keys in it. */
export function fromStatus(
  status: number,
  body: string,
  headers: Readonly<Record<string, string | string[] | undefined>>,
  endpoint: Endpoint,
): ModelError {
  const { host, name } = endpoint
  const said = machineWord(parsed(body), endpoint)
  if (status === 401 || status === 403)
    return new ModelError('auth', `${host} does not accept the api_key${said}`)
  if (status === 402) return new ModelError('auth', `${host} wants to be paid first${said}`)
  if (status === 413 || (status < 500 && TOO_LONG.test(body))) return tooLong(name)
  if (status === 429 || status === 503 || status === 529) {
    const retryAfter = secondsOf(headers['retry-after'])
    const wait = retryAfter === undefined ? '' : `; try again in ${retryAfter} s`
    return new ModelError('busy', `${host} has too much to do (${status})${wait}`, { retryAfter })
  }
  if (status === 408 || status === 504)
    return new ModelError('timeout', `${host} gave up waiting (${status})`)
  if (status === 404) {
    return new ModelError(
      'refused',
      `${host} has no model "${name}", or base_url is wrong (mostly it ends in /v1)`,
    )
  }
  if (status >= 300 && status < 400) return new ModelError('refused', `${host} points elsewhere (${status})`)
  if (status >= 500) return new ModelError('bad_answer', `${host} had an internal error (${status})${said}`)
  return new ModelError('refused', `${host} did not accept the request (${status})${said}`)
}

/** An `error` inside of an answer that began with 200. */
export function fromErrorPart(error: unknown, endpoint: Endpoint): ModelError {
  const body = typeof error === 'string' ? error : JSON.stringify(error)
  if (TOO_LONG.test(body)) return tooLong(endpoint.name)
  const busy = /overloaded|rate.?limit|\b429\b|too many requests/i.test(body)
  const fault: ModelFault = busy ? 'busy' : 'bad_answer'
  return new ModelError(fault, `${endpoint.host} reported an error${machineWord(error, endpoint)}`)
}

const tooLong = (name: string): ModelError =>
  new ModelError('too_long', `the conversation is longer than "${name}" can read`)

/** `code` or `type` of an error body, when it is a name such as `model_not_found`: useful, and nobody's words. */
function machineWord(error: unknown, { api_key }: Endpoint): string {
  const { code, type } = errorBody.parse(error)
  const word = [code, type].find((value) => value && /^[a-z]+(_[a-z]+)+$/.test(value) && value.length < 60)
  return word && !api_key?.includes(word) ? ` (${word})` : ''
}

const named = z.object({
  code: z.string().optional().catch(undefined),
  type: z.string().optional().catch(undefined),
})
const errorBody = z.union([z.object({ error: named }).transform(({ error }) => error), named]).catch({})

function parsed(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch {
    return body
  }
}

/** `retry-after` is seconds or a date (RFC 9110 §10.2.3). */
function secondsOf(header: string | string[] | undefined): number | undefined {
  const value = [header].flat()[0]
  if (!value) return undefined
  const seconds = /^\d+(\.\d+)?$/.test(value) ? Number(value) : (Date.parse(value) - Date.now()) / 1_000
  return Number.isFinite(seconds) ? Math.max(0, Math.ceil(seconds)) : undefined
}
