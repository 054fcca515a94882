import { type Context, Hono } from 'hono'
import { streamSSE } from 'hono/streaming'
import { z } from 'zod'
import { inboundCancel, inboundMessage, MAX_ID, type StreamEvent } from '#contract'
import { describeError, problem } from '../errors.ts'
import type { Log } from '../log.ts'
import type { Requests } from '../requests/requests.ts'
import type { TurnOptions, Turns } from '../turn.ts'
import { mayRead } from '../users/rights.ts'
import { check, readBody } from './body.ts'
import type { Caller, Env } from './env.ts'

/** Keeps proxies from closing a stream that has nothing to say yet, in ms. */
const HEARTBEAT = 15_000

/** Which request. */
export const which = z.object({ request_id: z.string().min(1).max(MAX_ID) })

export interface InboundParts {
  readonly turns: Turns
  readonly requests: Requests
  readonly log: Log
}

/**
 * `POST /inbound`: JSON, server-sent events when the message says `stream: true`, or 202 when it says `async: true`;
 * then the answer is at `GET /inbound/result`.
 */
export function inboundRoutes({ turns, requests, log }: InboundParts): Hono<Env> {
  return new Hono<Env>()
    .post('/inbound', async (c) => {
      const message = await readBody(c, inboundMessage, 'message_invalid')
      const caller = c.get('caller')
      if (message.async) return c.json(await requests.accept(message, caller), 202)
      const options = { caller, forOutbox: whenGone(c) }
      if (message.stream) return stream(c, (watch) => turns.run(message, { ...options, ...watch }), log)
      return c.json(await turns.run(message, options))
    })
    .get('/inbound/result', async (c) => {
      const { request_id } = check(c.req.query(), which, 'body_invalid')
      const result = await requests.result(request_id, seenBy(c.var.caller))
      if (!result) throw problem('not_found', `request "${request_id}", or not any more`)
      return c.json(result, result.status === 'pending' ? 202 : 200)
    })
    .post('/inbound/cancel', async (c) => {
      const { request_id } = await readBody(c, inboundCancel)
      const status = await requests.cancel(request_id, seenBy(c.var.caller))
      if (!status) throw problem('not_found', `request "${request_id}" that is running`)
      return c.json({ ok: status === 'cancelled', status, request_id })
    })
}

const seenBy =
  (caller: Caller) =>
  ({ user_id, channel }: { readonly user_id: string; readonly channel: string }): boolean =>
    mayRead(caller, user_id) || (caller.kind === 'channel' && caller.channel === channel)

/** Who left before the reply was there gets it as a delivery. */
const whenGone =
  (c: Context<Env>): TurnOptions['forOutbox'] =>
  () =>
    c.env.outgoing.destroyed ? { wait: 0 } : undefined

type Run = (watch: Required<Pick<TurnOptions, 'onText' | 'onStart'>>) => ReturnType<Turns['run']>

/** The turn goes on when the client leaves: its reply is stored, and a retry with the same message id gets it. */
function stream(c: Context<Env>, run: Run, log: Log): Response {
  return streamSSE(c, async (sse) => {
    const send = (event: StreamEvent): Promise<void> => sse.writeSSE({ data: JSON.stringify(event) })
    const heartbeat = setInterval(() => void sse.write(': waiting\n\n'), HEARTBEAT)
    try {
      const reply = await run({
        onStart: (request_id) => void send({ event: 'started', request_id }),
        onText: (text) => void send({ event: 'delta', text }),
      })
      await send({ event: 'done', ok: true, status: 200, ...reply })
    } catch (error) {
      const { status, detail, code } = describeError(error, log)
      await send({ event: 'done', ok: false, status, error: detail, text: '', code })
    } finally {
      clearInterval(heartbeat)
    }
  })
}
