import { Pool } from 'undici'
import { z } from 'zod'
import type { Embedder } from '../embedder.ts'
import { inBatches } from './batches.ts'

export interface EmbeddingEndpoint {
  readonly base_url: string
  readonly model: string
  readonly api_key?: string | undefined
}

/** How long an answer may take, in ms. */
const TIMEOUT = 60_000
/** A batch of the longest vectors that are known (4,096 numbers) takes a sixth of this. */
const MAX_ANSWER_BYTES = 4_000_000

const answerBody = z.object({
  data: z.array(z.object({ index: z.number(), embedding: z.array(z.number()) })),
})

/** Asks an OpenAI-compatible endpoint for vectors, and gives them back with length 1. */
export interface EmbeddingClient {
  /** @throws Error in words for people: refused, silent, another answer than the protocol has */
  embed(texts: readonly string[]): Promise<Float32Array[]>
  close(): Promise<void>
}

export function createEmbeddingClient(
  { base_url, model, api_key }: EmbeddingEndpoint,
  timeout = TIMEOUT,
): EmbeddingClient {
  const url = new URL(base_url)
  const path = `${url.pathname.replace(/\/$/, '')}/embeddings`
  const pool = new Pool(url.origin, {
    connections: 2,
    headersTimeout: timeout,
    bodyTimeout: timeout,
    maxResponseSize: MAX_ANSWER_BYTES,
  })

  return {
    async embed(texts) {
      const { statusCode, body } = await pool.request({
        path,
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          ...(api_key && { authorization: `Bearer ${api_key}` }),
        },
        body: JSON.stringify({ model, input: texts, encoding_format: 'float' }),
        signal: AbortSignal.timeout(timeout),
      })
      if (statusCode !== 200) {
        await body.dump()
        throw new Error(`${url.origin}${path} answered ${statusCode}`)
      }
      const { data } = answerBody.parse(JSON.parse(await body.text()))
      const vectors = data.toSorted((a, b) => a.index - b.index).map(({ embedding }) => ofLength1(embedding))
      if (vectors.length !== texts.length) {
        throw new Error(`${url.origin}${path} gave ${vectors.length} vectors for ${texts.length} texts`)
      }
      return vectors
    },
    close: () => pool.destroy(),
  }
}

/** @param id names the vector space, which a model of another length is not in */
export function createOpenAiEmbedder({
  id,
  dimensions,
  client,
  onOtherLength,
}: {
  id: string
  dimensions: number
  client: EmbeddingClient
  onOtherLength: () => void
}): Embedder {
  const ask = inBatches(client.embed, () => undefined)

  return {
    id,
    dimensions,
    async embed(texts, purpose = 'memory') {
      const understood = texts.filter(hasWords)
      const vectors = await ask(understood, purpose)
      const other = vectors.find(({ length }) => length !== dimensions)
      if (other) {
        onOtherLength()
        throw new Error(`the vectors have ${other.length} numbers now, not ${dimensions}`)
      }
      const next = vectors.values()
      return texts.map((text) => (hasWords(text) && next.next().value) || new Float32Array(dimensions))
    },
    close: () => client.close(),
  }
}

const hasWords = (text: string): boolean => /[\p{L}\p{N}]/u.test(text)

function ofLength1(numbers: readonly number[]): Float32Array {
  const length = Math.hypot(...numbers)
  return Float32Array.from(numbers, (number) => (length > 0 && Number.isFinite(length) ? number / length : 0))
}
