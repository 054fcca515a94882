import type { HttpBindings } from '@hono/node-server'
import { type Context, Hono } from 'hono'
import { streamSSE } from 'hono/streaming'
import { type PluginRequest, type PluginStreamEvent, pluginRequest, type ProblemDocument } from '#contract'
import { readBody } from './body.ts'
import type { Core } from './core.ts'
import { CoreError, PluginError } from './errors.ts'
import type { Log } from './log.ts'
import type { Plugin, PluginApp } from './plugin.ts'
import type { Runner } from './run.ts'
import type { Token } from './token.ts'

type PluginContext = Context<{ Bindings: HttpBindings }>

/** The plugin's side of the contract: `/health` for everybody, the rest behind the token. */
export function createPluginApp({
  plugin,
  runner,
  token,
  core,
  log,
  onForeignKey,
}: {
  plugin: Plugin
  runner: Runner
  token: Token
  core: Core
  log: Log
  onForeignKey: () => void
}): PluginApp {
  const app: PluginApp = new Hono()

  app.get('/health', (c) => c.json({ status: 'ok', plugin_id: plugin.id }))

  app.use(async (c, next) => {
    const header = c.req.header('authorization')
    if (token.matches(header)) return next()
    if (header) onForeignKey()
    throw new PluginError('key_missing', 'No valid token. Only Core may call this plugin')
  })

  app.post('/run', async (c) => {
    const request = await readBody(c, pluginRequest)
    return c.req.header('accept')?.includes('text/event-stream')
      ? streamed(c, runner, request)
      : c.json(await runner.run(request, { emit: () => {}, gone: goneOf(c) }))
  })

  plugin.routes?.(app, { core, log })

  app.notFound((c) => problem(c, new PluginError('not_found', `There is no ${c.req.method} ${c.req.path}`)))
  app.onError((error, c) => {
    if (error instanceof PluginError) return problem(c, error)
    if (error instanceof CoreError)
      return problem(c, new PluginError('failed', error.message, { cause: error }))
    log.error({ err: error, path: c.req.routePath }, 'a bug in this plugin')
    return c.json(documentOf(500, 'internal', 'Internal error'), 500, PROBLEM_HEADERS)
  })
  return app
}

function streamed(c: PluginContext, runner: Runner, request: PluginRequest): Response {
  return streamSSE(c, async (stream) => {
    const send = (event: PluginStreamEvent): Promise<void> => stream.writeSSE({ data: JSON.stringify(event) })
    const emit = (text: string): void => void (text && send({ event: 'delta', text }))
    const result = await runner.run(request, { emit, gone: goneOf(c) })
    await send({ event: 'result', result })
  })
}

/** Aborts when the connection closes before the answer is out. */
function goneOf(c: PluginContext): AbortSignal {
  const gone = new AbortController()
  const { outgoing } = c.env
  if (outgoing.destroyed) gone.abort()
  outgoing.once('close', () => {
    if (!outgoing.writableFinished) gone.abort()
  })
  return gone.signal
}

const PROBLEM_HEADERS = { 'content-type': 'application/problem+json' }

const problem = (c: PluginContext, error: PluginError): Response =>
  c.json(documentOf(error.status, error.code, error.message, error.errors), error.status, PROBLEM_HEADERS)

function documentOf(
  status: number,
  code: string,
  detail: string,
  errors?: ProblemDocument['errors'],
): ProblemDocument {
  return {
    type: 'about:blank',
    title: code.replaceAll('_', ' '),
    status,
    detail,
    code,
    error: detail,
    text: '',
    ...(errors && { errors }),
  }
}
