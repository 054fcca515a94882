import { createServer, type Server } from 'node:http'
import { createAdaptorServer } from '@hono/node-server'
import type { Hono } from 'hono'
import type { Env } from './http/env.ts'

/** How long a client may take for its headers, for the whole request, and between two requests, in ms. */
const HEADERS = 10_000
const REQUEST = 30_000
const KEEP_ALIVE = 5_000
/** How often that is checked, in ms: a slow client is gone after at most HEADERS + CHECK. */
const CHECK = 2_000
const MAX_HEADER_BYTES = 16 * 1024
const MAX_CONNECTIONS = 2_000

/** Core's HTTP server, not listening yet. */
export function createHttpServer(app: Hono<Env>): Server {
  const server = createAdaptorServer({
    fetch: app.fetch,
    createServer,
    serverOptions: {
      headersTimeout: HEADERS,
      requestTimeout: REQUEST,
      keepAliveTimeout: KEEP_ALIVE,
      connectionsCheckingInterval: CHECK,
      maxHeaderSize: MAX_HEADER_BYTES,
    },
  }) as Server
  server.maxConnections = MAX_CONNECTIONS
  return server
}

/** @throws Error that says what to do when the port is taken */
export function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const taken = `Port ${port} is in use. Is Core running already? Stop it, or set HOMECLAW_PORT to another port`
      reject(cause.code === 'EADDRINUSE' ? new Error(taken, { cause }) : cause)
    })
    server.listen(port, host, resolve)
  })
}

/** Takes no more requests; ends when the running ones have. */
export function stopListening(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
    server.closeIdleConnections()
  })
}

/** The port it listens on; of use when any free one was asked for. */
export function portOf(server: Server): number {
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('The server does not listen')
  return address.port
}
