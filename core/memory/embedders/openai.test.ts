import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { describe, expect, it } from 'vitest'
import { createEmbeddingClient, createOpenAiEmbedder } from './openai.ts'

/** An endpoint that answers as told: a body, or a status. */
async function endpoint(answer: (texts: string[], request: IncomingMessage) => unknown) {
  const server = createServer(async (request, response) => {
    const { input } = JSON.parse(await text(request)) as { input: string[] }
    const body = answer(input, request)
    if (typeof body === 'number') return void response.writeHead(body).end('{}')
    response.end(typeof body === 'string' ? body : JSON.stringify(body))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const base_url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/`
  const client = createEmbeddingClient({ base_url, model: 'm', api_key: 'k' }, 300)
  const lengths: string[] = []
  const onOtherLength = () => void lengths.push('other')
  return {
    embedder: createOpenAiEmbedder({ id: 'x', dimensions: 2, client, onOtherLength }),
    lengths,
    async [Symbol.asyncDispose]() {
      await client.close()
      server.closeAllConnections()
      server.close()
    },
  }
}

const vectorsOf = (texts: readonly string[]) =>
  texts.map((each, index) => ({ index, embedding: [each.length, 0] }))

describe('the embedder behind an OpenAI-compatible endpoint', () => {
  it('gives vectors of length 1 in the order of the texts, however they come', async () => {
    await using s = await endpoint((texts, { url, headers }) => {
      expect([url, headers.authorization]).toEqual(['/v1/embeddings', 'Bearer k'])
      const data = texts.map((each, index) => ({ index, embedding: each === 'a' ? [3, 4] : [0, 2] }))
      return { data: data.toReversed() }
    })
    const [a, blank, b] = await s.embedder.embed(['a', ' ', 'b'])
    expect(Array.from(a ?? [], (x) => x.toFixed(3))).toEqual(['0.600', '0.800'])
    expect(blank).toEqual(new Float32Array(2))
    expect(b).toEqual(Float32Array.of(0, 1))
  })

  it('asks in small batches', async () => {
    const sizes: number[] = []
    await using s = await endpoint((texts) => {
      sizes.push(texts.length)
      return { data: vectorsOf(texts) }
    })
    await s.embedder.embed(Array.from({ length: 20 }, (_, at) => `text ${at}`))
    expect(sizes).toEqual([8, 8, 4])
  })

  it.each<[string, unknown, RegExp]>([
    ['an error', 500, /answered 500/],
    ['no JSON', 'hello', /JSON/],
    ['another JSON', { vectors: [] }, /data/],
    ['too few vectors', { data: [] }, /0 vectors for 1/],
    ['an endless answer', 'x'.repeat(5_000_000), /size/i],
  ])('rejects on %s', async (_, answer, message) => {
    await using s = await endpoint(() => answer)
    await expect(s.embedder.embed(['a'])).rejects.toThrow(message)
  })

  it('says so when the vectors have another length now', async () => {
    await using s = await endpoint((texts) => ({
      data: texts.map((_, index) => ({ index, embedding: [1, 2, 3] })),
    }))
    await expect(s.embedder.embed(['a'])).rejects.toThrow('3 numbers')
    expect(s.lengths).toEqual(['other'])
  })
})
