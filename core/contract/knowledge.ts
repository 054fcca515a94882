import { z } from 'zod'

/** A file in a person's `workspace/<user>/knowledge/`: one of `GET /api/knowledge`. */
export const knowledgeFile = z.object({
  name: z.string().describe('Its path inside the folder, with `/`'),
  size: z.number().describe('Bytes'),
  state: z
    .enum(['waiting', 'ready', 'failed'])
    .describe('`waiting` to be read; `ready` = searched and cited; `failed`: `detail` says why'),
  detail: z.string().optional(),
  passages: z.number().describe('Pieces of it that a search finds'),
  changed_at: z.string().describe('ISO 8601'),
})
export type KnowledgeFile = z.infer<typeof knowledgeFile>

export const knowledgeList = z.object({
  folder: z.string().describe('Where the files lie, inside the home'),
  files: z.array(knowledgeFile),
})
