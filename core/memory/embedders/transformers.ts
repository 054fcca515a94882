import type { Embedder } from '../embedder.ts'
import type { ModelFolder } from './model-folder.ts'
import { createWorkerEmbedder, type WorkerOptions } from './worker.ts'

/** What the child process is told. */
export type TransformersArgument = Pick<ModelFolder, 'folder' | 'dtype' | 'pooling'>

/** The process of such a model. */
export const childOf = ({ folder, dtype, pooling }: ModelFolder) => ({
  program: new URL('./transformers-child.ts', import.meta.url),
  argument: { folder, dtype, pooling } satisfies TransformersArgument,
})

/** A feature-extraction model of Transformers.js that lies in a folder. */
export const createTransformersEmbedder = (
  { id, dimensions, model }: { id: string; dimensions: number; model: ModelFolder },
  options: WorkerOptions,
): Embedder =>
  createWorkerEmbedder(
    {
      id,
      dimensions,
      ...childOf(model),
      understands: (text) => /[\p{L}\p{N}]/u.test(text),
      prefix: model.prefix,
    },
    options,
  )
