import { z } from 'zod'
import { companionEntry } from './plugin.ts'
import { reply } from './message.ts'

/**
 * What Core sends on `/ws`. A client sends messages (the fields of `POST /inbound` and an `id` of its own choice,
 * which comes back on everything that belongs to it) and `{"event":"ping"}`.
 */
export const socketFrame = z.discriminatedUnion('event', [
  z.object({ event: z.literal('connected'), session_id: z.string() }),
  z.object({ event: z.literal('pong') }),
  z.object({ event: z.literal('delta'), id: z.string().optional(), text: z.string() }),
  z.object({ event: z.literal('reply'), id: z.string().optional(), error: z.null(), ...reply.shape }),
  z.object({
    event: z.literal('error'),
    id: z.string().optional(),
    error: z.string(),
    code: z.string(),
    status: z.number(),
    text: z.literal(''),
  }),
  z.object({ event: z.literal('companions'), companions: z.array(companionEntry) }),
])
export type SocketFrame = z.infer<typeof socketFrame>
