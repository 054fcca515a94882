import { once } from 'node:events'
import type { IncomingMessage, Server } from 'node:http'

/** Listens on a free port of this machine and tells it to the bench that started us; ends with the bench. */
export async function tellPort(server: Server): Promise<void> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  process.send?.(typeof address === 'object' && address ? address.port : 0)
  process.once('disconnect', () => process.exit(0))
}

export async function textOf(incoming: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of incoming) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}
