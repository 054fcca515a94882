import { z } from 'zod'

/** `GET /api/status`: what Core has to answer with. */
export const statusReport = z.object({
  model: z.object({
    kind: z.enum(['configured', 'found', 'builtin']).describe('`builtin`: there is no language model.'),
    name: z.string(),
  }),
  memory: z.boolean().describe('Whether anything is remembered beyond the chat.'),
})
export type StatusReport = z.infer<typeof statusReport>
