import { once } from 'node:events'
import type { IncomingMessage, Server } from 'node:http'

/** Listens on a free port of this machine and tells it to the bench. */
export async function tellPort(server: Server): Promise<void> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  tell(typeof address === 'object' && address ? address.port : 0)
}

/** Tells the port to the bench that started us; we end with the bench. */
export function tell(port: number): void {
  process.send?.(port)
  process.once('disconnect', () => process.exit(0))
}

export async function textOf(incoming: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of incoming) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}
