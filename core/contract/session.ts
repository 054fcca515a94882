import { z } from 'zod'
import { MAX_ID } from './message.ts'

const code = z.string().min(6).max(200)

/** The body of `POST /api/session`: the owner with the owner key, a person with their pass code. */
export const login = z.union([
  z.strictObject({ key: z.string().min(1).max(500).describe('The owner key') }),
  z.strictObject({
    user: z.string().trim().min(1).max(MAX_ID).describe('The id or the name of a user of user.yml'),
    code: z.string().min(1).max(200),
  }),
])
export type Login = z.infer<typeof login>

/** `GET /api/session`: who is logged in. */
export const session = z.object({
  caller: z.enum(['owner', 'user', 'channel', 'plugin']),
  user_id: z.string().optional().describe('Of a user'),
})
export type Session = z.infer<typeof session>

/** The body of `PUT /api/config/users/{id}/code`. */
export const newPassCode = z.strictObject({
  code: code.describe('The new pass code: six characters at least'),
  present: z.string().max(200).optional().describe('The one until now; the owner need not know it'),
})
