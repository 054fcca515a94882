import { z } from 'zod'
import { MAX_ID } from './message.ts'

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

const words = z
  .string()
  .trim()
  .min(1)
  .max(MAX_ID)
  .refine((value) => !/[\p{Cc}\p{Cf}]/u.test(value), 'control characters are not allowed')
  .refine((value) => !value.includes('${'), 'may not take anything from the environment')
const someWords = z.array(words).max(100)

/** The body of `PATCH /api/config/users/{id}`: what is left out stays as it is, an empty list empties. */
export const userChanges = z.strictObject({
  name: words.optional().describe('The name to show'),
  email: someWords.optional().describe('Addresses this person writes from'),
  im: someWords.optional().describe('Identities, `<channel>:<sender id>`'),
  phone: someWords.optional().describe('Phone numbers, as +<country><number>'),
  permissions: userEntry.shape.permissions.optional().describe('Kinds of channel; empty = all'),
})
export type UserChanges = z.infer<typeof userChanges>

/** The body of `POST /api/config/users`. */
export const newUser = z.strictObject({
  ...userChanges.shape,
  id: words.optional().describe('Never changes again. Without it, it is made from the name'),
  name: words.describe('The name to show'),
})
export type NewUser = z.infer<typeof newUser>

export const usersResponse = z.object({ users: z.array(userEntry) })

/** What a new or changed user looks like now. */
export const userResponse = z.object({ result: z.literal('ok'), name: z.string(), user: userEntry })

/** One chat of `GET /api/chats?user_id=`. */
export const chatEntry = z.object({
  partner: z.string().describe('`system` or the id of a companion'),
  read: z.number().optional().describe('`seq` of the newest message that was read'),
  unread: z
    .number()
    .optional()
    .describe('Messages since then; at most 100. Missing where the plugin keeps the chat'),
  last: z.object({ role: z.enum(['user', 'assistant']), text: z.string(), at: z.string() }).optional(),
})
export type ChatEntry = z.infer<typeof chatEntry>

/** One message that `GET /api/chats/search` found. */
export const foundMessage = z.object({
  partner: z.string(),
  seq: z.number(),
  role: z.enum(['user', 'assistant']),
  text: z.string(),
  at: z.string(),
})
export type FoundMessage = z.infer<typeof foundMessage>
