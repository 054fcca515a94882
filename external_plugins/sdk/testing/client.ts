import { createParser } from 'eventsource-parser'
import { Agent, request } from 'undici'
import { type PluginRequest, pluginResult, type PluginResult, pluginStreamEvent } from '#contract'

let turns = 0

/** A request as Core sends it; every call is a turn of its own unless `request_id` says otherwise. */
export function requestOf(fields: Partial<PluginRequest> = {}): PluginRequest {
  return {
    request_id: `turn-${++turns}`,
    plugin_id: 'friends',
    user_input: 'Hello there',
    user_id: 'companion',
    user_name: 'companion',
    channel_name: 'companion',
    channel_type: 'IM',
    app_id: 'homeclaw',
    metadata: {},
    capability_id: 'chat',
    ...fields,
  }
}

/** Calls a plugin as Core does, each time over a connection of its own. */
export async function call(
  url: string,
  token: string | undefined,
  {
    method = 'POST',
    body,
    accept,
  }: { method?: 'GET' | 'POST' | 'DELETE'; body?: unknown; accept?: string } = {},
): Promise<{ status: number; type: string; text: string }> {
  const agent = new Agent({ pipelining: 0 })
  try {
    const answer = await request(url, {
      dispatcher: agent,
      method,
      headers: {
        ...(token && { authorization: `Bearer ${token}` }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...(accept && { accept }),
      },
      body: body === undefined ? null : typeof body === 'string' ? body : JSON.stringify(body),
    })
    const type = String(answer.headers['content-type'])
    return { status: answer.statusCode, type, text: await answer.body.text() }
  } finally {
    await agent.destroy()
  }
}

export async function run(url: string, token: string, fields: Partial<PluginRequest>): Promise<PluginResult> {
  const answer = await call(`${url}/run`, token, { body: requestOf(fields) })
  if (answer.status !== 200) throw new Error(`${answer.status} ${answer.text}`)
  return pluginResult.parse(JSON.parse(answer.text))
}

export async function runStreamed(
  url: string,
  token: string,
  fields: Partial<PluginRequest>,
): Promise<{ deltas: string[]; result: PluginResult | undefined }> {
  const answer = await call(`${url}/run`, token, { body: requestOf(fields), accept: 'text/event-stream' })
  const deltas: string[] = []
  let result: PluginResult | undefined
  const parser = createParser({
    onEvent({ data }) {
      const event = pluginStreamEvent.parse(JSON.parse(data))
      if (event.event === 'delta') deltas.push(event.text)
      else result = event.result
    },
  })
  parser.feed(answer.text)
  return { deltas, result }
}

/** Asks again and again until it holds. */
export async function until(
  holds: () => boolean | Promise<boolean>,
  what: string,
  ms = 10_000,
): Promise<void> {
  const deadline = Date.now() + ms
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`not within ${ms} ms: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}
