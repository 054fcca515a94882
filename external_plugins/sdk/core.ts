import { createParser } from 'eventsource-parser'
import type { z } from 'zod'
import {
  type FoundMemory,
  type GenerateResponse,
  generateEvent,
  type generateRequest,
  generateResponse,
  memoryAddResponse,
  type memoryAddRequest,
  memorySearchResponse,
  type memorySearchRequest,
} from '#contract'
import { CoreError } from './errors.ts'
import { type Call, type CoreHttp, parseAs } from './http.ts'
import { createLater, type Later } from './later.ts'

/** Longest wait for a language model, when the run's own signal does not end it earlier. */
const GENERATE_DEADLINE = 600_000
const MEMORY_DEADLINE = 10_000

interface Options {
  readonly signal?: AbortSignal | undefined
}

/** What Core does for a plugin, as far as core.yml grants it. Every fault is a CoreError. */
export interface Core extends Later {
  /** Asks the language model. With `onText` the words come as they are made; the result is the whole. */
  generate(
    request: Omit<z.input<typeof generateRequest>, 'stream'>,
    options?: Options & { onText?: ((text: string) => void) | undefined },
  ): Promise<GenerateResponse>
  readonly memory: {
    /** Durable when it resolves. `user_id` is the memory namespace. @throws CoreError `memory_off` */
    add(memory: z.input<typeof memoryAddRequest>, options?: Options): Promise<{ id: string }>
    /** Best first; an empty list when memory is off. */
    search(query: z.input<typeof memorySearchRequest>, options?: Options): Promise<FoundMemory[]>
  }
}

/**
 * @param token what to send now
 * @param renew gets another token after Core refused `used`; false when that failed
 */
export function createCore({
  http,
  token,
  renew,
}: {
  http: CoreHttp
  token: () => string | undefined
  renew: (used: string | undefined) => Promise<boolean>
}): Core {
  /** Core may have restarted and know our token no more: register and try once again. */
  async function withToken<T>(attempt: (key: string | undefined) => Promise<T>): Promise<T> {
    const used = token()
    try {
      return await attempt(used)
    } catch (error) {
      if (!(error instanceof CoreError && error.status === 401 && (await renew(used)))) throw error
      return attempt(token())
    }
  }

  return {
    ...createLater(http, withToken),
    generate(request, { onText, signal } = {}) {
      const call = { path: '/api/plugins/llm/generate', deadline: GENERATE_DEADLINE, signal }
      return withToken((key) =>
        onText
          ? generateStreamed(http, { ...call, key, body: { ...request, stream: true } }, onText)
          : http.json({ ...call, key, body: request }, generateResponse),
      )
    },
    memory: {
      async add(memory, { signal } = {}) {
        const call = { path: '/api/plugins/memory/add', body: memory, deadline: MEMORY_DEADLINE, signal }
        const answer = await withToken((key) => http.json({ ...call, key }, memoryAddResponse))
        if (!answer.ok) throw new CoreError('memory_off', answer.error)
        return { id: answer.id }
      },
      async search(query, { signal } = {}) {
        const call = { path: '/api/plugins/memory/search', body: query, deadline: MEMORY_DEADLINE, signal }
        return (await withToken((key) => http.json({ ...call, key }, memorySearchResponse))).memories
      },
    },
  }
}

/** A Core that answers plain JSON all the same is understood. Only `done` ends a stream well. */
async function generateStreamed(
  http: CoreHttp,
  call: Call,
  onText: (text: string) => void,
): Promise<GenerateResponse> {
  let plain = ''
  let result: GenerateResponse | undefined
  const parser = createParser({
    onEvent({ data }) {
      const event = parseAs(data, generateEvent)
      if (event.event === 'delta') onText(event.text)
      else if (event.event === 'done') result = event
      else throw new CoreError(event.code, event.error)
    },
  })
  await http.read({ ...call, accept: 'text/event-stream' }, (text, contentType) => {
    if (contentType.includes('text/event-stream')) parser.feed(text)
    else plain += text
  })
  if (plain) {
    result = parseAs(plain, generateResponse)
    onText(result.text)
  }
  if (!result) throw new CoreError('core_answer', 'The answer of the language model broke off')
  return generateResponse.parse(result)
}
