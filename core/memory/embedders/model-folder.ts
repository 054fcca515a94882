import { createHash } from 'node:crypto'
import { createReadStream, existsSync } from 'node:fs'
import { readFile, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { z } from 'zod'
import type { Purpose } from '../embedder.ts'
import { ModelFault } from './process.ts'

/** The weights that Transformers.js knows, the ones that are preferred first: a quarter of the size, hardly worse. */
export const WEIGHTS = [
  { file: 'onnx/model_quantized.onnx', dtype: 'q8' },
  { file: 'onnx/model.onnx', dtype: 'fp32' },
] as const
export const REQUIRED = ['config.json', 'tokenizer.json', 'tokenizer_config.json'] as const
/** How the model wants to be used, by the convention of sentence-transformers. */
const POOLING = '1_Pooling/config.json'
const PROMPTS = 'config_sentence_transformers.json'
export const OPTIONAL = [POOLING, PROMPTS, 'special_tokens_map.json'] as const

/** A Transformers.js model on disk. */
export interface ModelFolder {
  readonly folder: string
  readonly weights: string
  readonly dtype: 'q8' | 'fp32'
  readonly pooling: 'mean' | 'cls' | 'last_token'
  readonly prefix: Readonly<Record<Purpose, string>>
}

const poolingFile = z.object({
  pooling_mode_cls_token: z.boolean().default(false),
  pooling_mode_lasttoken: z.boolean().default(false),
})
const promptsFile = z.object({ prompts: z.record(z.string(), z.string()).default({}) })

/** @throws ModelFault that says what is missing or not as it should be */
export async function readModelFolder(folder: string): Promise<ModelFolder> {
  const missing = REQUIRED.find((file) => !existsSync(join(folder, file)))
  const weights = WEIGHTS.find(({ file }) => existsSync(join(folder, file)))
  if (missing || !weights)
    throw new ModelFault(`${folder} has no ${missing ?? WEIGHTS.map(({ file }) => file).join(' and no ')}`)
  const pooling = await readJson(join(folder, POOLING), poolingFile)
  const { prompts } = await readJson(join(folder, PROMPTS), promptsFile)
  const usual = /(^|[-_])e5([-_]|$)/i.test(basename(folder))
    ? { question: 'query: ', memory: 'passage: ' }
    : undefined
  return {
    folder,
    weights: weights.file,
    dtype: weights.dtype,
    pooling: pooling.pooling_mode_cls_token ? 'cls' : pooling.pooling_mode_lasttoken ? 'last_token' : 'mean',
    prefix: {
      question: prompts['query'] ?? usual?.question ?? '',
      memory: prompts['document'] ?? prompts['passage'] ?? usual?.memory ?? '',
    },
  }
}

/** Changes whenever a vector might: by content and use, not by place. */
export async function fingerprintOf({ folder, weights, pooling, prefix }: ModelFolder): Promise<string> {
  const hash = createHash('sha256').update(JSON.stringify([weights, pooling, prefix]))
  for (const file of [...REQUIRED, weights, `${weights}_data`]) {
    if (!existsSync(join(folder, file))) continue
    for await (const piece of createReadStream(join(folder, file))) hash.update(piece)
  }
  return hash.digest('hex').slice(0, 16)
}

/** Changes when a file of the model was touched: cheaper than the fingerprint. */
export async function stampOf({ folder, weights }: ModelFolder): Promise<string> {
  const stats = await Promise.all([...REQUIRED, weights].map((file) => stat(join(folder, file))))
  return stats.map(({ size, mtimeMs }) => `${size}@${Math.round(mtimeMs)}`).join(' ')
}

/** What a file that may be missing says. */
async function readJson<T>(file: string, schema: z.ZodType<T>): Promise<T> {
  try {
    return schema.parse(existsSync(file) ? JSON.parse(await readFile(file, 'utf8')) : {})
  } catch (cause) {
    throw new ModelFault(`${file} is not as it should be`, { cause })
  }
}
