import { type Context, Hono } from 'hono'
import { streamSSE } from 'hono/streaming'
import { inboundMessage, type StreamEvent } from '#contract'
import { describeError } from '../errors.ts'
import type { Log } from '../log.ts'
import type { TurnOptions, Turns } from '../turn.ts'
import { readBody } from './body.ts'
import type { Env } from './env.ts'

/** Keeps proxies from closing a stream that has nothing to say yet, in ms. */
const HEARTBEAT = 15_000

/** `POST /inbound`: JSON, or server-sent events when the message says `stream: true`. */
export function inboundRoutes({ turns, log }: { turns: Turns; log: Log }): Hono<Env> {
  const routes = new Hono<Env>()
  routes.post('/inbound', async (c) => {
    const message = await readBody(c, inboundMessage, 'message_invalid')
    const caller = c.get('caller')
    if (message.stream) return stream(c, (onText) => turns.run(message, { caller, onText }), log)
    return c.json(await turns.run(message, { caller }))
  })
  return routes
}

type Run = (onText: NonNullable<TurnOptions['onText']>) => ReturnType<Turns['run']>

/** The turn goes on when the client leaves: its reply is stored, and a retry with the same message id gets it. */
function stream(c: Context<Env>, run: Run, log: Log): Response {
  return streamSSE(c, async (sse) => {
    const send = (event: StreamEvent): Promise<void> => sse.writeSSE({ data: JSON.stringify(event) })
    const heartbeat = setInterval(() => void sse.write(': waiting\n\n'), HEARTBEAT)
    try {
      const reply = await run((text) => void send({ event: 'delta', text }))
      await send({ event: 'done', ok: true, status: 200, ...reply })
    } catch (error) {
      const { status, detail, code } = describeError(error, log)
      await send({ event: 'done', ok: false, status, error: detail, text: '', code })
    } finally {
      clearInterval(heartbeat)
    }
  })
}
