import { z } from 'zod'
import { inboxMessage } from './delivery.ts'
import { companionEntry } from './plugin.ts'
import { reply } from './message.ts'

/**
 * What Core sends on `/ws`. A client sends messages (the fields of `POST /inbound` and an `id` of its own choice,
 * which comes back on everything that belongs to it), `{"event":"ping"}`, `{"event":"register"}` to get what is for a
 * person, `{"event":"cancel"}` with the id of a message to stop its answer (the words so
 * far are the reply then), and `{"event":"ack"}` for each `push` that the person
 * has: until then it comes again with the next connection.
 */
export const socketFrame = z.discriminatedUnion('event', [
  z.object({
    event: z.literal('connected'),
    session_id: z.string(),
    user_id: z.string().optional().describe('Who is logged in, when it is a user'),
  }),
  z.object({ event: z.literal('pong') }),
  z.object({
    event: z.literal('delta'),
    id: z.string().optional(),
    partner: z.string().describe('Who answers; as in the reply'),
    text: z.string(),
  }),
  z.object({ event: z.literal('reply'), id: z.string().optional(), error: z.null(), ...reply.shape }),
  z.object({
    event: z.literal('error'),
    id: z.string().optional(),
    partner: z.string().optional().describe('Who was to answer, when that is known'),
    error: z.string(),
    code: z.string(),
    status: z.number(),
    text: z.literal(''),
  }),
  z.object({ event: z.literal('registered'), user_id: z.string(), unread: z.number() }),
  z.object({ event: z.literal('push'), ...inboxMessage.shape }),
  z
    .object({
      event: z.literal('chat'),
      user_id: z.string(),
      partner: z.string(),
      message_id: z.string().optional(),
    })
    .describe('There is something new in this chat of somebody this client may read, or it was read'),
  z.object({ event: z.literal('companions'), companions: z.array(companionEntry) }),
])
export type SocketFrame = z.infer<typeof socketFrame>
