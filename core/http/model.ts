import { Hono } from 'hono'
import { streamSSE } from 'hono/streaming'
import { type GenerateEvent, generateRequest, type GenerateResponse } from '#contract'
import { describeError, problemFrom } from '../errors.ts'
import type { Log } from '../log.ts'
import { generate, ModelError, type Models } from '../model/model.ts'
import { grantMissing } from '../users/rights.ts'
import { readBody } from './body.ts'
import type { Caller, Env } from './env.ts'

/** How often a stream without words says that it lives, in ms; proxies close silent ones. */
const KEEP_ALIVE = 15_000

/** `POST /api/plugins/llm/generate`: the language model, for plugins that core.yml grants it and for the owner. */
export function modelRoutes({
  models,
  mayUse,
  log,
}: {
  models: Models
  mayUse: (caller: Caller) => boolean
  log: Log
}): Hono<Env> {
  return new Hono<Env>().post('/api/plugins/llm/generate', async (c) => {
    const caller = c.get('caller')
    if (!mayUse(caller)) throw grantMissing(caller, 'use the language model', 'model: true')
    const { messages, llm_name, response_format, tools, stream } = await readBody(c, generateRequest)
    const model = models.pick(llm_name)
    const signal = whenGone(c.env.outgoing)

    async function ask(onText?: (text: string) => void): Promise<GenerateResponse> {
      const begun = performance.now()
      let fault: string | undefined
      try {
        return await generate(model, messages, { tools, format: response_format, signal, onText })
      } catch (cause) {
        if (!(cause instanceof ModelError)) throw cause
        fault = cause.fault
        throw problemFrom(cause, 'model_failed', cause.message)
      } finally {
        const ms = Math.round(performance.now() - begun)
        log.info({ caller: nameOf(caller), model: model.name, ms, fault }, 'model: asked')
      }
    }

    if (!stream) return c.json(await ask())
    return streamSSE(c, async (events) => {
      const send = (event: GenerateEvent) => events.writeSSE({ data: JSON.stringify(event) })
      const alive = setInterval(() => events.write(': waiting\n\n'), KEEP_ALIVE)
      try {
        const answer = await ask((text) => void send({ event: 'delta', text }))
        await send({ event: 'done', ...answer })
      } catch (error) {
        const { code, error: text } = describeError(error, log)
        await send({ event: 'error', code, error: text })
      } finally {
        clearInterval(alive)
      }
    })
  })
}

const nameOf = (caller: Caller): string => (caller.kind === 'plugin' ? caller.plugin_id : caller.kind)

/** Aborts when the client left before the answer was written. */
function whenGone(outgoing: Env['Bindings']['outgoing']): AbortSignal {
  const controller = new AbortController()
  outgoing.once('close', () => controller.abort())
  return controller.signal
}
