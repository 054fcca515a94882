import { z } from 'zod'
import { format, MAX_ID, MAX_TEXT } from './message.ts'

/** A message that is not the answer to a waiting request, as it waits in the inbox of its person. */
export const inboxMessage = z.object({
  id: z
    .string()
    .describe(
      'Stays the same however often it is sent. Of an answer that nobody waited for: its `request_id`',
    ),
  user_id: z.string(),
  partner: z.string().describe('The chat that it belongs to: `system` or the id of a companion'),
  from_friend: z.string().describe('The name of the partner'),
  text: z.string(),
  format,
  source: z.enum(['job', 'plugin', 'turn']).describe('What caused it; `turn`: it is an answer'),
  reason: z.string().optional().describe('Why it came, in words'),
  late: z.literal(true).optional().describe('It comes later than it should have'),
  repeated: z.literal(true).optional().describe('The person may have seen it already, on another channel'),
  created_at: z.string(),
})
export type InboxMessage = z.infer<typeof inboxMessage>

/** `GET /api/inbox?user_id=&after=&limit=`: what is not acknowledged yet, oldest first. `after` is an id. */
export const inboxPage = z.object({
  messages: z.array(inboxMessage),
  unread: z.number().describe('How many there are in all'),
})
export type InboxPage = z.infer<typeof inboxPage>

const ids = z.array(z.string().max(MAX_ID)).min(1).max(1_000)

/** The body of `POST /api/inbox/ack`, and what a client sends on `/ws` with `"event": "ack"`. */
export const inboxAck = z.object({ ids })

/** Client → Core on `/ws`: from now on, what is for this person comes here. */
export const socketRegister = z.object({
  event: z.literal('register'),
  user_id: z
    .string()
    .max(MAX_ID)
    .nullish()
    .transform((id) => (!id || id === 'system' ? 'companion' : id)),
  after: z
    .string()
    .max(MAX_ID)
    .optional()
    .describe('The last id that the client has: what others of the same person acknowledged since comes too'),
})

/** Client → Core on `/ws`: the person has these now. */
export const socketAck = z.object({ event: z.literal('ack'), ids })

/** The body of `POST /api/channels/{name}`: where the bridge of this channel takes messages. */
export const channelCallback = z.object({
  callback_url: z.string().max(2_000).describe('An address of this machine. Gets a `bridgeMessage` by POST'),
  secret: z
    .string()
    .regex(/^whsec_[A-Za-z0-9+/]{32,88}={0,2}$/, 'must be whsec_ and 24 to 64 bytes in base64')
    .nullish()
    .describe('Signs what is sent (Standard Webhooks). Without it, Core keeps the one it has or makes one'),
  idempotent: z
    .boolean()
    .nullish()
    .transform((value) => value ?? true)
    .describe(
      'Whether the bridge sends a `webhook-id` that it has seen before only once. If not, Core sends nothing twice, and tells when it does not know whether something arrived',
    ),
})

/** The answer to a registered callback. */
export const registeredChannel = z.object({
  channel: z.string(),
  callback_url: z.string(),
  idempotent: z.boolean(),
  secret: z.string(),
})
export type RegisteredChannel = z.infer<typeof registeredChannel>

/**
 * What a bridge gets at its callback, with the headers of Standard Webhooks (`webhook-id` is the id). 2xx: it is on its way
 * to the person. 400, 404, 405, 410, 413, 415, 422: it can never be sent. Anything else: Core tries again.
 */
export const bridgeMessage = z.object({
  type: z.literal('message'),
  channel: z.string(),
  to: z.string().describe('The person as the channel calls them: `user_id` of what came from them'),
  ...inboxMessage.shape,
})
export type BridgeMessage = z.infer<typeof bridgeMessage>

/** The body of `POST /api/plugins/deliver`. */
export const deliverRequest = z.object({
  user_id: z.string().trim().min(1).max(MAX_ID).describe('A user of user.yml, or `companion`'),
  companion: z.string().trim().min(1).max(MAX_ID).describe('Who says it: a companion of this plugin'),
  text: z.string().trim().min(1).max(MAX_TEXT),
  format: format.default('plain'),
  reason: z.string().trim().max(500).nullish().describe('Why it comes, in words for the person'),
  dedupe_key: z
    .string()
    .trim()
    .max(MAX_ID)
    .nullish()
    .describe('The same key again is the same message: nothing is sent, and the first id comes back'),
})

/** The answer of `POST /api/plugins/deliver`. The message is on disk; it may not have been seen yet. */
export const deliverResponse = z.object({ ok: z.literal(true), id: z.string() })

/** One entry of `GET /api/deliveries`: what became of a message. */
export const deliveryEntry = z.object({
  id: z.string(),
  user_id: z.string(),
  partner: z.string(),
  source: z.object({ kind: z.enum(['job', 'plugin', 'turn']), id: z.string() }),
  state: z
    .enum(['waiting', 'sent', 'acknowledged', 'unknown', 'dead'])
    .describe(
      '`unknown`: the channel cannot tell a repetition, and nobody knows whether it arrived. `dead`: given up, it waits in the inbox',
    ),
  via: z.string().optional().describe('`clients`, or the channel that it was handed to'),
  attempts: z.number(),
  problem: z.string().optional(),
  late: z.literal(true).optional(),
  repeated: z.literal(true).optional(),
  next_at: z.string().optional(),
  created_at: z.string(),
  changed_at: z.string(),
})
export type DeliveryEntry = z.infer<typeof deliveryEntry>
