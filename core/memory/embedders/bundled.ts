import type { Embedder } from '../embedder.ts'
import { createWorkerEmbedder, type WorkerOptions } from './worker.ts'

/** The English embedder that comes with the installation. */
export const createBundledEmbedder = (
  options: WorkerOptions,
): Embedder & { readonly pid: number | undefined } =>
  createWorkerEmbedder(
    {
      id: 'bundled-en',
      dimensions: 512,
      program: new URL('./bundled-child.ts', import.meta.url),
      understands: isMostlyLatin,
    },
    options,
  )

/**
 * The model knows the Latin script. All it does not know is one and the same to it: two Chinese sentences would have
 * the same vector, whatever they say.
 */
function isMostlyLatin(text: string): boolean {
  const letters = text.match(/[\p{L}\p{N}]/gu)?.length ?? 0
  const known = text.match(/[\p{Script=Latin}\p{Nd}]/gu)?.length ?? 0
  return letters > 0 && known * 2 >= letters
}
