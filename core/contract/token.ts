import { z } from 'zod'
import { MAX_ID } from './message.ts'

export const tokenKind = z
  .enum(['plugin', 'user', 'channel'])
  .describe('`plugin`: its callbacks; `user`: acts as that one user; `channel`: asserts its own identities')

/** The body of `POST /api/tokens`. */
export const tokenRequest = z.strictObject({
  kind: tokenKind,
  for: z
    .string()
    .trim()
    .min(1)
    .max(MAX_ID)
    .describe('The id of the plugin or user, or the name of the channel'),
})

/** One token of `GET /api/tokens`. The token itself is shown once, when it is made. */
export const tokenEntry = z.object({
  id: z.string(),
  kind: tokenKind,
  for: z.string(),
  created_at: z.string().describe('ISO 8601'),
})
export type TokenEntry = z.infer<typeof tokenEntry>

/** 201 of `POST /api/tokens`. */
export const newToken = tokenEntry.extend({ token: z.string().describe('Kept as a hash only: note it down') })
export type NewToken = z.infer<typeof newToken>
