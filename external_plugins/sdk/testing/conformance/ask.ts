import { createParser } from 'eventsource-parser'
import { Agent, request } from 'undici'
import { type PluginRequest, pluginResult, type PluginResult, pluginStreamEvent } from '#contract'
import type { Subject } from './subject.ts'

/** What a plugin did with a request. */
export interface Asked {
  readonly status: number
  readonly type: string
  readonly text: string
}

/** The plugin broke its promise: the message says how. */
export class Broken extends Error {}

let turns = 0

const nextId = (): string => `kit-${process.pid}-${++turns}`

/** A request as Core sends it for the capability that is asked. */
export const requestFor = (subject: Subject, fields: Partial<PluginRequest> = {}): PluginRequest => ({
  request_id: nextId(),
  plugin_id: subject.id,
  user_input: 'Hello there',
  user_id: 'kit_ann',
  user_name: 'Ann',
  channel_name: 'webchat',
  channel_type: 'IM',
  app_id: 'homeclaw',
  metadata: {},
  ...subject.capability,
  ...fields,
})

/** Posts anything. @throws Broken when there is no whole answer within the deadline */
export async function post(
  subject: Subject,
  body: unknown,
  { accept = 'application/json', token = subject.token }: { accept?: string; token?: string } = {},
): Promise<Asked> {
  const agent = new Agent({ pipelining: 0 })
  const late = AbortSignal.timeout(subject.deadline)
  try {
    const answer = await request(subject.run, {
      dispatcher: agent,
      method: 'POST',
      headers: {
        accept,
        'content-type': 'application/json',
        ...(token && { authorization: `Bearer ${token}` }),
      },
      body: typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body),
      signal: late,
    })
    const type = String(answer.headers['content-type'] ?? '')
    return { status: answer.statusCode, type, text: await answer.body.text() }
  } catch (cause) {
    if (late.aborted) throw new Broken(`there was no answer within ${subject.deadline / 1_000} s`)
    throw new Broken(`the connection broke (${(cause as Error).message})`, { cause })
  } finally {
    await agent.destroy()
  }
}

/** One run. @throws Broken when the answer is not what the contract says */
export async function run(
  subject: Subject,
  fields: Partial<PluginRequest> & Record<string, unknown> = {},
): Promise<PluginResult> {
  const sent = requestFor(subject, fields)
  return resultOf(await post(subject, sent), sent.request_id)
}

export function resultOf({ status, text }: Asked, requestId: string): PluginResult {
  if (status === 401) throw new Broken('it answered with status 401: it expects another token')
  if (status !== 200) throw new Broken(`it answered with status ${status} instead of 200: ${short(text)}`)
  return checked(jsonOf(text), requestId)
}

/** @param stream the body of a `text/event-stream` */
export function resultOfStream(stream: string, requestId: string): PluginResult {
  const results: PluginResult[] = []
  const parser = createParser({
    onEvent({ data }) {
      const event = pluginStreamEvent.safeParse(jsonOf(data))
      if (!event.success)
        throw new Broken(`an event of the stream is neither a delta nor a result: ${short(data)}`)
      if (event.data.event === 'result') results.push(checked(event.data.result, requestId))
    },
  })
  parser.feed(stream)
  if (results.length !== 1) throw new Broken(`the stream has ${results.length} results instead of one`)
  return results[0] as PluginResult
}

function checked(value: unknown, requestId: string): PluginResult {
  const result = pluginResult.safeParse(value)
  if (!result.success) {
    const faults = result.error.issues.map(
      ({ path, message }) => `${path.join('.') || 'the answer'}: ${message}`,
    )
    throw new Broken(`the answer is not a pluginResult: ${faults.join('; ')}`)
  }
  const { request_id, success, text, error } = result.data
  if (request_id && request_id !== requestId)
    throw new Broken(`it answered "${requestId}" with the request_id "${request_id}"`)
  if (!success && !error && !text) throw new Broken('it says success: false without saying why')
  return result.data
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new Broken(`it answered with something that is not JSON: ${short(text)}`, { cause })
  }
}

/** The status of the health check; undefined when nobody answers within 2 s. */
export async function healthOf({ health }: Subject): Promise<number | undefined> {
  const agent = new Agent({ pipelining: 0 })
  try {
    const answer = await request(health, { dispatcher: agent, signal: AbortSignal.timeout(2_000) })
    await answer.body.dump()
    return answer.statusCode
  } catch {
    return undefined
  } finally {
    await agent.destroy()
  }
}

/** @throws Broken unless it says that it is well and answers a run: both, or its health lies */
export async function mustBeWell(subject: Subject, after: string): Promise<void> {
  const status = await healthOf(subject)
  if (status === undefined || status >= 300)
    throw new Broken(
      `${after} its health check ${status === undefined ? 'did not answer' : `said ${status}`}`,
    )
  await run(subject).catch((cause: Error) => {
    throw new Broken(`${after} it said that it is well, but ${cause.message}`, { cause })
  })
}

export const short = (text: string): string => {
  const line = text.replaceAll(/\s+/g, ' ').trim()
  return line.length > 120 ? `${line.slice(0, 120)} …` : line || 'nothing'
}
