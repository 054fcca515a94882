import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { PluginRequest } from '#contract'

/** What a plugin of a test makes of a request; a text is the text of a result. */
type Respond = (request: PluginRequest, path: string) => object | string | Promise<object | string>

/** A plugin in this process, written as upstream's are: it knows `/health` and JSON, and nothing of ours. */
export interface TestPlugin {
  readonly url: string
  /** The runs so far, newest last. */
  readonly requests: readonly PluginRequest[]
  /** The body of `POST /api/plugins/register`. */
  registration(id: string, more?: object): object
  respond(next: Respond): void
  close(): Promise<void>
}

export async function startTestPlugin(first: Respond = () => 'ok'): Promise<TestPlugin> {
  const requests: PluginRequest[] = []
  let respond = first
  const server = createServer(async (incoming, response) => {
    response.setHeader('Content-Type', 'application/json')
    const path = incoming.url ?? '/'
    if (path === '/health') return void response.end('{"status":"ok"}')
    const request = await requestOf(incoming)
    requests.push(request)
    const answer = await respond(request, path)
    const { status = 200, ...result } = (typeof answer === 'string' ? { text: answer } : answer) as {
      status?: number
    }
    response.writeHead(status).end(JSON.stringify({ success: true, ...result }))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const url = `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`
  return {
    url,
    requests,
    registration: (id, more = {}) => ({
      plugin_id: id,
      name: id,
      description: 'A plugin of a test',
      health_check_url: `${url}/health`,
      type: 'http',
      config: { base_url: url },
      ...more,
    }),
    respond: (next) => void (respond = next),
    async close() {
      if (!server.listening) return
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}

/** The parameters of a GET stand in its address. */
async function requestOf(incoming: IncomingMessage): Promise<PluginRequest> {
  let text = ''
  incoming.setEncoding('utf8')
  for await (const chunk of incoming) text += chunk
  const query = new URL(incoming.url ?? '/', 'http://test').searchParams
  return JSON.parse(text || JSON.stringify(Object.fromEntries(query)))
}
