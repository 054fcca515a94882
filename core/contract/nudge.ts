import { z } from 'zod'
import { COMPANION_USER, MAX_ID } from './message.ts'

const quietHours = z
  .string()
  .trim()
  .regex(
    /^(?:([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d)?$/,
    'must be like 22:00-08:00, or empty for none',
  )
  .describe("When no companion writes first, by the person's clock; empty = never quiet.")
const mostADay = z
  .number()
  .int()
  .min(1)
  .max(20)
  .describe('How often companions write first on one day, all together.')

/** Whether a companion may write first to a person, and when: `GET /api/companions/{id}/nudges?user_id=`. */
export const nudgeRules = z.object({
  allowed: z
    .boolean()
    .describe('Whether this companion may write first. It may not before the person said so.'),
  quiet_hours: quietHours,
  most_a_day: mostADay,
  muted_until: z.string().optional().describe('The person said "not now": until then none of them does.'),
})
export type NudgeRules = z.infer<typeof nudgeRules>

/** The body of `PATCH /api/companions/{id}/nudges?user_id=`: what is left out stays as it is. */
export const nudgeChanges = z.strictObject({
  allowed: z.boolean().optional(),
  quiet_hours: quietHours.optional(),
  most_a_day: mostADay.optional(),
  muted_until: z.null().optional().describe('null: not muted any more.'),
})
export type NudgeChanges = z.infer<typeof nudgeChanges>

/** The body of `POST /api/plugins/may-deliver`. */
export const mayDeliverRequest = z.object({
  user_id: z.string().trim().min(1).max(MAX_ID).default(COMPANION_USER),
  companion: z.string().trim().min(1).max(MAX_ID),
})

/** Whether this companion may write first to this person now. */
export const mayDeliverResponse = z.object({
  may: z.boolean(),
  reason: z.enum(['consent', 'muted', 'quiet', 'enough']).optional(),
  until: z.string().optional().describe('When to ask again. Without it, only after the person allowed it.'),
})
export type MayDeliver = z.infer<typeof mayDeliverResponse>
