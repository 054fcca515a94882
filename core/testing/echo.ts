import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { PluginRequest } from '#contract'

/** A plugin in this process that answers every run with `echo: <what was said>`. */
export interface Echo {
  readonly url: string
  /** The runs so far, newest last. */
  readonly requests: readonly PluginRequest[]
  close(): Promise<void>
}

/** @param options.keep how many requests are remembered; a load test wants none */
export async function startEcho({ keep = Infinity }: { keep?: number } = {}): Promise<Echo> {
  const requests: PluginRequest[] = []
  const server = createServer(async (incoming, response) => {
    response.setHeader('Content-Type', 'application/json')
    if (incoming.method === 'GET') return void response.end('{"status":"ok"}')
    const request: PluginRequest = JSON.parse(await bodyOf(incoming))
    if (requests.length < keep) requests.push(request)
    const { request_id, plugin_id, user_input } = request
    const answer = {
      request_id,
      plugin_id,
      success: true,
      text: `echo: ${user_input}`,
      error: null,
      metadata: {},
    }
    response.end(JSON.stringify(answer))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const url = `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`
  return {
    url,
    requests,
    async close() {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}

/** The body of `POST /api/plugins/register` for the echo at `url`. */
export const echoRegistration = (url: string): object => ({
  plugin_id: 'echo',
  name: 'Echo',
  description: 'Says what was said.',
  health_check_url: `${url}/health`,
  type: 'http',
  config: { base_url: url, path: '/run', timeout_sec: 10 },
  capabilities: [{ id: 'chat', name: 'Chat', description: 'Says what was said.' }],
})

async function bodyOf(incoming: IncomingMessage): Promise<string> {
  let text = ''
  incoming.setEncoding('utf8')
  for await (const chunk of incoming) text += chunk
  return text
}
