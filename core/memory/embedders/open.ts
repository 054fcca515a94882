import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Embedder } from '../embedder.ts'
import type { Space, SpaceSpec } from '../spaces.ts'
import { createBundledEmbedder } from './bundled.ts'
import { createEmbeddingClient, createOpenAiEmbedder, type EmbeddingEndpoint } from './openai.ts'
import { createTransformersEmbedder } from './transformers.ts'
import type { WorkerOptions } from './worker.ts'

interface OpenOptions extends WorkerOptions {
  readonly api_key: string | undefined
  /** The endpoint has another model behind the same name now. */
  onOtherLength(): void
}

/** The embedder whose vectors lie in this space; undefined when its model is gone. */
export function openEmbedder(
  { name: id, spec }: Space,
  { log, idle, api_key, onOtherLength }: OpenOptions,
): Embedder | undefined {
  if (spec.kind === 'bundled') return createBundledEmbedder({ log, idle })
  if (spec.kind === 'transformers') {
    const { folder: model, dimensions } = spec
    if (!existsSync(join(model.folder, model.weights))) return undefined
    return createTransformersEmbedder({ id, dimensions, model }, { log, idle })
  }
  if (spec.kind === 'given') return undefined
  const { dimensions } = spec
  return createOpenAiEmbedder({
    id,
    dimensions,
    client: createEmbeddingClient({ ...spec, api_key }),
    onOtherLength,
  })
}

/** Asks for one vector: the name of the space of what the endpoint gives now, and how to open it. */
export async function probeEndpoint(endpoint: EmbeddingEndpoint): Promise<readonly [string, SpaceSpec]> {
  const { base_url, model } = endpoint
  const client = createEmbeddingClient(endpoint)
  try {
    const [vector] = await client.embed(['a'])
    const dimensions = vector?.length ?? 0
    return [
      `openai-compatible:${base_url}:${model}:${dimensions}`,
      { kind: 'openai-compatible', model, base_url, dimensions },
    ]
  } finally {
    await client.close()
  }
}
