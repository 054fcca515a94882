import { isUtf8 } from 'node:buffer'
import type { Readable } from 'node:stream'
import { TextDecoder } from 'node:util'
import { createParser } from 'eventsource-parser'
import type { Dispatcher } from 'undici'
import { type PluginResult, pluginResult, pluginStreamEvent, problemDocument } from '#contract'
import { Problem } from '../errors.ts'
import { parseJson } from '../http/body.ts'

/** How long an answer that nobody needs any more is read on, to keep the connection. */
const DRAIN_MS = 500

/**
 * Why a call brought no result: nobody there, no time left, it said that it failed or that what it was given is not
 * valid (422), or it said what the contract does not allow.
 */
export type Fault = 'unreachable' | 'timeout' | 'failed' | 'refused' | 'answer'

export class CallFailed extends Error {
  readonly fault: Fault
  /** The plugin's own words. They are for the person, not for the log. */
  readonly reason: string | undefined
  constructor(fault: Fault, detail: string, cause?: unknown, reason?: string) {
    super(detail, cause === undefined ? {} : { cause })
    this.name = 'CallFailed'
    this.fault = fault
    this.reason = reason
  }
}

/** `detail` of a problem document, or `error` of a result, as upstream's plugins say it. */
const refusal = problemDocument.pick({ detail: true, error: true }).partial()

/** What a plugin says with another status than 200; with its reason. */
async function readRefusal(answer: Dispatcher.ResponseData): Promise<CallFailed> {
  const detail = `it answered with HTTP status ${answer.statusCode}`
  const fault = answer.statusCode === 422 ? 'refused' : 'failed'
  if (!/^application\/(problem\+)?json\b/.test(String(answer.headers['content-type']))) {
    drain(answer.body)
    return new CallFailed(fault, detail)
  }
  const said = refusal.safeParse(await readBody(answer)).data
  return new CallFailed(fault, detail, undefined, said?.detail ?? said?.error)
}

/** @throws CallFailed `failed` for another status than 200, `answer` */
export async function readJson(answer: Dispatcher.ResponseData): Promise<unknown> {
  if (answer.statusCode !== 200) throw await readRefusal(answer)
  return readBody(answer)
}

async function readBody({ body }: Dispatcher.ResponseData): Promise<unknown> {
  const bytes = await body.bytes()
  if (!isUtf8(bytes)) throw new CallFailed('answer', 'it is not valid UTF-8')
  return toJson(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString())
}

/** @throws as `readJson` */
export const readResult = async (answer: Dispatcher.ResponseData): Promise<PluginResult> =>
  checked(pluginResult, await readJson(answer))

/**
 * Reads events until the result is there; what the plugin sends after it is not waited for.
 * @throws CallFailed `answer`, and whatever the body or `onText` throws
 */
export function readStream(
  { body }: Dispatcher.ResponseData,
  onText: (text: string) => void,
): Promise<PluginResult> {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  return new Promise((resolve, reject) => {
    let finished = false
    const parser = createParser({
      onEvent({ data }) {
        if (finished) return
        const event = checked(pluginStreamEvent, toJson(data))
        if (event.event === 'delta') return onText(event.text)
        finished = true
        body.off('data', read)
        drain(body)
        resolve(event.result)
      },
    })
    function read(chunk: Buffer): void {
      try {
        parser.feed(decode(decoder, chunk))
      } catch (error) {
        reject(error)
        body.destroy()
      }
    }
    body.on('data', read).on('error', reject)
    body.on('end', () => reject(new CallFailed('answer', 'the stream ended without a result')))
  })
}

/** Reads on without looking, so that the connection can be used again; gives up on that after half a second. */
export function drain(body: Readable): void {
  const giveUp = setTimeout(() => body.destroy(), DRAIN_MS).unref()
  const done = (): void => clearTimeout(giveUp)
  body.on('close', done).on('error', done).resume()
}

function decode(decoder: TextDecoder, chunk: Buffer): string {
  try {
    return decoder.decode(chunk, { stream: true })
  } catch (cause) {
    throw new CallFailed('answer', 'it is not valid UTF-8', cause)
  }
}

/** As deep as any body may be, without `__proto__`. The words of the answer stay out of the error. */
function toJson(text: string): unknown {
  try {
    return parseJson(text)
  } catch (cause) {
    const deep = cause instanceof Problem && cause.code === 'body_too_deep'
    throw new CallFailed('answer', deep ? 'it is nested too deep' : 'it is not JSON', cause)
  }
}

function checked<Schema extends typeof pluginResult | typeof pluginStreamEvent>(
  schema: Schema,
  value: unknown,
): Schema['_output'] {
  const result = schema.safeParse(value)
  if (result.success) return result.data
  const issues = result.error.issues
    .slice(0, 5)
    .map(({ path, message }) => [path.join('.'), message].filter(Boolean).join(': '))
  throw new CallFailed('answer', issues.join('; '))
}
