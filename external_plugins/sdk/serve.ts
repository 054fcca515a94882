import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { getRequestListener } from '@hono/node-server'
import { createPluginApp } from './app.ts'
import { createCore } from './core.ts'
import { PluginError } from './errors.ts'
import { createCoreHttp } from './http.ts'
import { createLog, type Log } from './log.ts'
import type { Plugin } from './plugin.ts'
import { joinCore } from './registration.ts'
import { createRunner } from './run.ts'
import { createToken } from './token.ts'

/** Plugins are reached on this machine only. */
const HOST = '127.0.0.1'
/** How long a stop waits for what runs, in ms. */
const DRAIN = 2_000
/** How long aborted runs may take to hand out their last words, in ms. */
const LAST_WORDS = 200
/** A connection that Core keeps open is closed so soon after its last answer, in ms. */
const CLOSE_EVERY = 50
const CHECK_EVERY = 10_000

export interface ServeOptions {
  /** 0 takes a free one. */
  readonly port: number
  readonly core: { readonly url: string; readonly key: string | undefined }
  /** Core started this plugin and knows when it ends; otherwise it signs off by itself. */
  readonly supervised?: boolean
  readonly log?: Log
  /** How often to look whether Core still knows us, in ms. */
  readonly checkEvery?: number
}

/** A plugin that answers. */
export interface Serving {
  readonly port: number
  readonly url: string
  /** Resolves after Core's first answer to the registration. */
  readonly registered: Promise<void>
  /** No new requests; what runs may finish for 2 s. Calling it again changes nothing. */
  stop(): Promise<void>
}

/**
 * Listens on 127.0.0.1, then registers at Core, again and again until Core is there.
 * @throws PluginError `port_taken`
 */
export async function servePlugin(plugin: Plugin, options: ServeOptions): Promise<Serving> {
  const log = options.log ?? createLog(plugin.id)
  const token = createToken(options.core.key)
  const http = createCoreHttp(options.core.url)
  const core = createCore({ http, token: token.current, renew: (used) => membership.renew(used) })
  const runner = createRunner({ plugin, core, log })
  const onForeignKey = (): void => membership.suspect()
  const app = createPluginApp({ plugin, runner, token, core, log, onForeignKey })

  const server = createServer(getRequestListener(app.fetch))
  const port = await listen(server, options.port)
  const url = `http://${HOST}:${port}`
  const membership = joinCore({
    http,
    body: registrationOf(plugin, url),
    key: options.core.key,
    token,
    log,
    checkEvery: options.checkEvery ?? CHECK_EVERY,
  })
  log.info({ port }, `${plugin.name} listens on ${url}`)

  let stopping: Promise<void> | undefined
  async function stop(): Promise<void> {
    const closed = once(server, 'close')
    server.close()
    const cut = setTimeout(() => server.closeAllConnections(), DRAIN + LAST_WORDS)
    await runner.drain(DRAIN)
    const leave = setInterval(() => server.closeIdleConnections(), CLOSE_EVERY)
    await closed
    clearTimeout(cut)
    clearInterval(leave)
    await plugin.close?.()
    await membership.leave({ unregister: !options.supervised })
    await http.close()
    log.info('stopped')
  }
  return { port, url, registered: membership.registered, stop: () => (stopping ??= stop()) }
}

async function listen(server: Server, port: number): Promise<number> {
  server.listen(port, HOST)
  try {
    await once(server, 'listening')
  } catch (cause) {
    if (!(cause instanceof Error && 'code' in cause && cause.code === 'EADDRINUSE')) throw cause
    const advice = 'Stop what uses it (perhaps Core runs this plugin already), or set PORT to another one'
    throw new PluginError('port_taken', `Port ${port} is taken. ${advice}`, { cause })
  }
  const address = server.address()
  return address !== null && typeof address === 'object' ? address.port : port
}

function registrationOf(plugin: Plugin, url: string) {
  return {
    plugin_id: plugin.id,
    name: plugin.name,
    description: plugin.description,
    health_check_url: `${url}/health`,
    type: 'http' as const,
    config: { base_url: url, path: '/run', timeout_sec: plugin.timeout_sec ?? 120 },
    capabilities: Object.entries(plugin.capabilities).map(([id, { run: _run, ...shape }]) => ({
      id,
      ...shape,
    })),
  }
}
