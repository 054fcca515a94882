import { z } from 'zod'

/** One user as `GET /api/config/users` shows it. */
export const userEntry = z.object({
  id: z.string(),
  name: z.string(),
  email: z.array(z.string()),
  im: z.array(z.string()).describe('Identities, `<channel>:<sender id>`'),
  phone: z.array(z.string()),
  permissions: z
    .array(z.enum(['IM', 'EMAIL', 'PHONE', 'SMS']))
    .describe('Kinds of channel this user may write through; empty = all'),
})
export type UserEntry = z.infer<typeof userEntry>

/** One chat of `GET /api/chats?user_id=`. */
export const chatEntry = z.object({
  partner: z.string().describe('`system` or the id of a companion'),
  last: z.object({ role: z.enum(['user', 'assistant']), text: z.string(), at: z.string() }).optional(),
})
export type ChatEntry = z.infer<typeof chatEntry>
