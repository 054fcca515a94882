import { request } from 'undici'
import type { ModelConfig } from '../config/schema.ts'
import { modelList } from './openai-wire.ts'

/** Where a local model server may be. */
export interface LocalEndpoint {
  /** What it is called in the log and in the start-up text. */
  readonly product: string
  readonly base_url: string
}

/** The usual ports of the usual servers, in the order of preference. */
export const LOCAL_ENDPOINTS: readonly LocalEndpoint[] = [
  { product: 'Ollama', base_url: 'http://127.0.0.1:11434/v1' },
  { product: 'LM Studio', base_url: 'http://127.0.0.1:1234/v1' },
  { product: 'llama.cpp', base_url: 'http://127.0.0.1:8080/v1' },
]

const LIMIT = 500
const MAX_LIST = 1024 * 1024

/** Names of models that cannot chat: embedding, ranking, speech. */
const NOT_CHAT = /embed|rerank|whisper|\btts\b|\bclip\b|minilm|(^|[/_-])(bge|e5|gte)[-_]/i

export type FoundModel = ModelConfig & { readonly product: string }

/** The first chat model of the first endpoint that has one. An endpoint that does not answer in time is not there. */
export async function findLocalModel(
  endpoints: readonly LocalEndpoint[],
  signal: AbortSignal,
): Promise<FoundModel | undefined> {
  const found = await Promise.all(endpoints.map((endpoint) => chatModelOf(endpoint, signal)))
  return found.find((model) => model !== undefined)
}

async function chatModelOf(
  { product, base_url }: LocalEndpoint,
  signal: AbortSignal,
): Promise<FoundModel | undefined> {
  const name = (await modelsOf(base_url, signal)).find((id) => !NOT_CHAT.test(id))
  return name === undefined ? undefined : { product, base_url, name }
}

/** Nothing there, something else there and something slow there are all the same here: no models. */
async function modelsOf(baseUrl: string, signal: AbortSignal): Promise<string[]> {
  try {
    const limit = AbortSignal.any([signal, AbortSignal.timeout(LIMIT)])
    const { statusCode, body } = await request(`${baseUrl}/models`, { signal: limit })
    let text = ''
    for await (const part of body) {
      text += String(part)
      if (text.length > MAX_LIST) return []
    }
    return statusCode === 200 ? modelList.parse(JSON.parse(text)).data.map(({ id }) => id) : []
  } catch {
    return []
  }
}
