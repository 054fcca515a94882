import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import { Webhook } from 'standardwebhooks'
import type { BridgeMessage } from '#contract'
import type { RunningCore } from './core.ts'

/** What the bridge does with a message: a status to answer with, or something of its own. */
export type Behaviour = number | ((response: ServerResponse, message: BridgeMessage) => void)

/** A bridge of one channel, as a server in this process. It checks every signature. */
export interface TestBridge {
  readonly url: string
  /** Every message that came, in the order they came, repetitions included. */
  readonly received: readonly BridgeMessage[]
  /** Ids in the order in which the person first saw them: only what was answered with 2xx, each once. */
  seen(): string[]
  /** How the next messages are treated; then 200 again. */
  upNext(...behaviours: Behaviour[]): void
  /** How every message is treated from now on. */
  always(behaviour: Behaviour): void
  /** Tells Core where it is. */
  register(core: Pick<RunningCore, 'post'>, options?: { idempotent?: boolean }): Promise<void>
  close(): Promise<void>
}

export async function startBridge(channel: string): Promise<TestBridge> {
  const received: BridgeMessage[] = []
  const seen = new Set<string>()
  let usual: Behaviour = 200
  let next: Behaviour[] = []
  let secret = ''

  const server = createServer(async (incoming, response) => {
    let body = ''
    for await (const piece of incoming.setEncoding('utf8')) body += piece
    const message = new Webhook(secret).verify(
      body,
      incoming.headers as Record<string, string>,
    ) as BridgeMessage
    if (message.id !== incoming.headers['webhook-id']) throw new Error('the id of the body is another one')
    received.push(message)
    const behaviour = next.shift() ?? usual
    if (typeof behaviour !== 'number') return behaviour(response, message)
    if (behaviour < 300) seen.add(message.id)
    response.writeHead(behaviour).end()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const url = `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}/messages`

  return {
    url,
    received,
    seen: () => [...seen],
    upNext: (...behaviours) => void (next = behaviours),
    always: (behaviour) => void (usual = behaviour),
    async register(core, { idempotent = true } = {}) {
      const answer = await core.post(`/api/channels/${channel}`, { callback_url: url, idempotent })
      if (answer.status !== 200) throw new Error(JSON.stringify(answer.body))
      secret = answer.body.secret
    },
    async close() {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}
