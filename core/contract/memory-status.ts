import { z } from 'zod'

/** How far the embedding model that core.yml names has come. */
export const embeddingModelState = z.object({
  name: z.string(),
  state: z
    .enum(['downloading', 'checking', 'waiting', 'ready', 'failed'])
    .describe('`waiting` tries again at `retry_at`; `failed` does not, before the next start.'),
  bytes: z.number().optional().describe('Of the download, so far.'),
  total_bytes: z.number().optional(),
  detail: z.string().optional().describe('What went wrong.'),
  retry_at: z.string().optional(),
})
export type EmbeddingModelState = z.infer<typeof embeddingModelState>

/** The answer of `GET /api/memory/status`. */
export const memoryStatus = z.object({
  enabled: z.boolean(),
  embedder: z
    .string()
    .nullable()
    .describe('What finds by meaning what is added now; null: nothing yet, words do.'),
  model: embeddingModelState.optional(),
  waiting: z.number().describe('Memories that are not in the index yet; words find them.'),
  rebuilding: z
    .object({ done: z.number(), total: z.number() })
    .optional()
    .describe('Memories that go into the index of another embedder; the one before is searched meanwhile.'),
})
export type MemoryStatus = z.infer<typeof memoryStatus>
