import { Pool, type Dispatcher } from 'undici'
import type { z } from 'zod'
import { problemDocument } from '#contract'
import { CoreError } from './errors.ts'

/** Largest answer of Core that is read. */
const MAX_ANSWER = 16 * 1024 * 1024

export interface Call {
  readonly method?: 'GET' | 'POST'
  readonly path: string
  readonly body?: unknown
  readonly key: string | undefined
  /** Milliseconds until the whole answer must be there. */
  readonly deadline: number
  readonly signal?: AbortSignal | undefined
  readonly accept?: string
}

/** HTTP to Core over one pool of connections. */
export interface CoreHttp {
  /** @throws CoreError */
  json<Schema extends z.ZodType>(call: Call, schema: Schema): Promise<z.output<Schema>>
  /** Hands the text of a 2xx answer on as it comes. @throws CoreError */
  read(call: Call, onText: (text: string, contentType: string) => void): Promise<void>
  close(): Promise<void>
}

export function createCoreHttp(coreUrl: string): CoreHttp {
  const url = new URL(coreUrl)
  const prefix = url.pathname.replace(/\/+$/, '')
  const pool = new Pool(url.origin, {
    connections: 32,
    headersTimeout: 0,
    bodyTimeout: 0,
    connectTimeout: 5_000,
  })

  async function read(call: Call, onText: (text: string, contentType: string) => void): Promise<void> {
    const late = AbortSignal.timeout(call.deadline)
    const signal = call.signal ? AbortSignal.any([call.signal, late]) : late
    try {
      const answer = await pool.request({
        method: call.method ?? 'POST',
        path: prefix + call.path,
        headers: headersOf(call),
        body: call.body === undefined ? null : JSON.stringify(call.body),
        signal,
      })
      const contentType = String(answer.headers['content-type'] ?? '')
      if (answer.statusCode >= 300) throw refusal(answer.statusCode, contentType, await textOf(answer.body))
      await textOf(answer.body, (text) => onText(text, contentType))
    } catch (cause) {
      if (cause instanceof CoreError) throw cause
      if (call.signal?.aborted)
        throw new CoreError('stopped', 'It was stopped before Core had answered', { cause })
      if (late.aborted)
        throw new CoreError('core_timeout', `Core did not answer within ${call.deadline / 1000} s`, { cause })
      throw new CoreError('core_unreachable', `Core is not reachable at ${url.origin} (${reasonOf(cause)})`, {
        cause,
      })
    }
  }

  return {
    read,
    async json(call, schema) {
      let text = ''
      await read(call, (part) => void (text += part))
      return parseAs(text, schema)
    },
    close: () => pool.destroy(),
  }
}

/** @throws CoreError `core_answer` */
export function parseAs<Schema extends z.ZodType>(text: string, schema: Schema): z.output<Schema> {
  const result = schema.safeParse(jsonOf(text))
  if (result.success) return result.data
  const faults = result.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ')
  throw new CoreError('core_answer', `Core answered against the contract: ${faults}`)
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new CoreError('core_answer', 'Core answered with something that is not JSON', { cause })
  }
}

async function textOf(
  body: Dispatcher.ResponseData['body'],
  onText: (text: string) => void = () => {},
): Promise<string> {
  const decoder = new TextDecoder()
  let size = 0
  let whole = ''
  for await (const chunk of body) {
    size += chunk.length
    if (size > MAX_ANSWER)
      throw new CoreError('core_answer', `Core answered with more than ${MAX_ANSWER} bytes`)
    const text = decoder.decode(chunk, { stream: true })
    whole += text
    onText(text)
  }
  return whole
}

function headersOf({ key, body, accept }: Call): Record<string, string> {
  return {
    accept: accept ?? 'application/json',
    ...(body !== undefined && { 'content-type': 'application/json' }),
    ...(key && { authorization: `Bearer ${key}` }),
  }
}

/** Core answers faults as problem documents; a proxy in between may not. */
function refusal(status: number, contentType: string, text: string): CoreError {
  const document = problemDocument.safeParse(contentType.includes('json') ? jsonOf(text) : undefined)
  return document.success
    ? new CoreError(document.data.code, document.data.detail, { status })
    : new CoreError('core_failed', `Core answered with status ${status}`, { status })
}

function reasonOf(cause: unknown): string {
  if (cause instanceof Error && 'code' in cause && typeof cause.code === 'string') return cause.code
  return cause instanceof Error ? cause.name : 'unknown'
}
