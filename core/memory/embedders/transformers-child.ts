/**
 * The process of a Transformers.js model: `process.argv[2]` is its `TransformersArgument` as JSON. It never fetches
 * anything: the files of the model are there.
 * @module
 */
import { availableParallelism, constants, setPriority } from 'node:os'
import { env, pipeline } from '@huggingface/transformers'
import { answerParent } from './child.ts'
import type { TransformersArgument } from './transformers.ts'

const { folder, dtype, pooling } = JSON.parse(process.argv[2] ?? '') as TransformersArgument

// Core and the searches of others go before.
setPriority(constants.priority.PRIORITY_BELOW_NORMAL)
env.allowRemoteModels = false
const loading = pipeline('feature-extraction', folder, {
  dtype,
  local_files_only: true,
  session_options: { intraOpNumThreads: Math.max(1, availableParallelism() - 1) },
})
// A model that does not load is the answer to whoever asks.
loading.catch(() => undefined)

answerParent(async (texts) => {
  const { data } = await (await loading)([...texts], { pooling, normalize: true })
  return Float32Array.from(data as Float32Array, (number) => (Number.isFinite(number) ? number : 0))
})
