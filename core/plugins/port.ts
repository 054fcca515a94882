import { createServer } from 'node:net'

/** How far from the usual port another one is looked for. */
const REACH = 200

/** Hands out ports of this machine; one that was taken here is not handed out again until it is given back. */
export interface Ports {
  /** The usual one, else the next that is free. */
  take(usual: number): Promise<number>
  giveBack(port: number): void
}

export function createPorts(): Ports {
  const taken = new Set<number>()
  return {
    async take(usual) {
      for (let port = usual; port < usual + REACH && port <= 65_535; port++) {
        if (taken.has(port)) continue
        taken.add(port)
        if (await isFree(port)) return port
        taken.delete(port)
      }
      throw new Error(`no port is free from ${usual} on`)
    },
    giveBack: (port) => void taken.delete(port),
  }
}

const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })
