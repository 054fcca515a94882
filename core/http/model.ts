import { Hono } from 'hono'
import { streamSSE } from 'hono/streaming'
import {
  type GenerateEvent,
  generateRequest,
  type GenerateResponse,
  type ModelMessage,
  type Usage,
} from '#contract'
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
  open,
  log,
}: {
  models: Models
  mayUse: (caller: Caller) => boolean
  /** Counts a call with the tokens of its prompt; gives what corrects them. @throws Problem `budget_spent` */
  open: (caller: Caller, tokens: number) => Promise<(tokens: number) => void>
  log: Log
}): Hono<Env> {
  return new Hono<Env>().post('/api/plugins/llm/generate', async (c) => {
    const caller = c.get('caller')
    if (!mayUse(caller)) throw grantMissing(caller, 'use the language model', 'model: true')
    const { messages, llm_name, response_format, tools, stream } = await readBody(c, generateRequest)
    const model = models.pick(llm_name)
    const signal = whenGone(c.env.outgoing)
    const prompt = tokensOf(lettersOf(messages) + (tools ? JSON.stringify(tools).length : 0))
    const spend = await open(caller, prompt)

    async function ask(onText?: (text: string) => void): Promise<GenerateResponse> {
      const begun = performance.now()
      let fault: string | undefined
      let letters = 0
      let usage: Usage | undefined
      const hear = (text: string): void => {
        letters += text.length
        onText?.(text)
      }
      try {
        const answer = await generate(model, messages, {
          tools,
          format: response_format,
          signal,
          onText: hear,
        })
        usage = answer.usage
        letters += JSON.stringify(answer.tool_calls ?? []).length
        return answer
      } catch (cause) {
        if (!(cause instanceof ModelError)) throw cause
        fault = cause.fault
        throw problemFrom(cause, 'model_failed', cause.message)
      } finally {
        spend(usage ? usage.prompt_tokens + usage.completion_tokens : prompt + tokensOf(letters))
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

/** What models that do not count are taken to use. */
const tokensOf = (letters: number): number => Math.ceil(letters / 4)

const lettersOf = (messages: readonly ModelMessage[]): number =>
  messages.reduce((sum, { content }) => sum + content.length, 0)

const nameOf = (caller: Caller): string => (caller.kind === 'plugin' ? caller.plugin_id : caller.kind)

/** Aborts when the client left before the answer was written. */
function whenGone(outgoing: Env['Bindings']['outgoing']): AbortSignal {
  const controller = new AbortController()
  outgoing.once('close', () => controller.abort())
  return controller.signal
}
