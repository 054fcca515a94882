import { z } from 'zod'

/** The special user that the Companion app acts as while nobody is picked (seed 002 §7). */
export const COMPANION_USER = 'companion'

/** Longest id (user, session, message …) that Core accepts, in UTF-16 units. */
export const MAX_ID = 200
/** Longest text of one message, in UTF-16 units. */
export const MAX_TEXT = 100_000
/** Longest location that is kept; the rest is cut (as upstream does). */
export const MAX_LOCATION = 2_000
/** Most attachments of one message, images and files together. */
export const MAX_ATTACHMENTS = 20

const id = z.string().trim().max(MAX_ID)
const optionalId = id.nullish().transform((value) => value || undefined)
const attachment = z.string().startsWith('data:', 'must be a data: URL')

/**
 * The body of `POST /inbound` and of a message on `/ws`.
 * Fields that are not named here are ignored: upstream's clients send more than we need.
 */
export const inboundMessage = z.object({
  user_id: optionalId
    .transform((value) => (!value || value === 'system' ? COMPANION_USER : value))
    .describe(
      'Who writes: a user id of user.yml or an identity of the channel; `system` or nothing means `companion`.',
    ),
  text: z
    .string()
    .max(MAX_TEXT)
    .nullish()
    .transform((value) => value ?? '')
    .describe('What the person wrote. May be empty when something is attached.'),
  user_name: optionalId.describe('The name to show; user.yml wins.'),
  channel_name: optionalId
    .transform((value) => value ?? 'webhook')
    .describe('The channel the message came through.'),
  app_id: optionalId
    .transform((value) => value ?? 'homeclaw')
    .describe('Recorded with chats and memories; never filters.'),
  session_id: optionalId.describe('May carry the signal of a companion (`session_id_value`).'),
  conversation_type: optionalId.describe('May carry the signal of a companion (`session_id_value`).'),
  location: z
    .string()
    .trim()
    .nullish()
    .transform((value) => value?.slice(0, MAX_LOCATION) || undefined)
    .describe('"lat,lng" or an address; kept as the latest location.'),
  stream: z
    .boolean()
    .nullish()
    .transform((value) => value ?? false)
    .describe('Answer as server-sent events.'),
  async: z
    .boolean()
    .nullish()
    .transform((value) => value ?? false)
    .describe(
      'Answer at once with 202 and a `request_id`; the reply is fetched from `GET /inbound/result`, or comes as a delivery.',
    ),
  message_id: optionalId.describe('Makes a retry harmless: the same id again gets the stored reply.'),
  replaces: optionalId.describe(
    'The `request_id` of an earlier message of this chat that this is another version of: asked again, or changed. Both are kept; this one counts.',
  ),
  images: z
    .array(attachment)
    .max(MAX_ATTACHMENTS)
    .nullish()
    .transform((value) => value ?? [])
    .describe('data: URLs; stored as files of the user. The parameter `name` is the name of the file.'),
  files: z
    .array(attachment)
    .max(MAX_ATTACHMENTS)
    .nullish()
    .transform((value) => value ?? [])
    .describe('data: URLs; stored as files of the user. The parameter `name` is the name of the file.'),
})
export type InboundMessage = z.infer<typeof inboundMessage>

/** Where Core gives out a picture that came with an answer. */
export const addressOfImage = (turnId: string, at: number): string => `/api/turns/${turnId}/images/${at}`

export const format = z.enum(['plain', 'markdown', 'link'])
export type Format = z.infer<typeof format>

/** What an answer rests on, for the person who asked. Texts of memories are not in it: what is forgotten is forgotten. */
export const why = z.object({
  memories: z.array(z.string()).describe('Ids of the memories that were laid before who answered'),
  tools: z
    .array(z.object({ name: z.string(), failed: z.literal(true).optional() }))
    .describe('What was run for it, in order'),
  ms: z.number().describe('How long it took'),
})
export type Why = z.infer<typeof why>

/** What a waiting client gets: HTTP 200 of `POST /inbound`, the last event of a stream, a `reply` frame of `/ws`. */
export const reply = z.object({
  text: z.string(),
  format,
  request_id: z.string().describe('The id of the turn; it is in every log line about it.'),
  message_id: z.string().describe('The id the message is known by; made by Core when none was sent.'),
  partner: z
    .string()
    .describe(
      'Who answered: `system` or the id of a companion; by keyword it may be another than the chat it was written in.',
    ),
  offline: z.literal(true).optional().describe('The companion is not there; `text` says so.'),
  images: z.array(z.string()).optional(),
  ui: z
    .array(z.record(z.string(), z.unknown()))
    .optional()
    .describe('`metadata.ui[]` of a plugin, as it came.'),
  why: why.optional(),
})
export type Reply = z.infer<typeof reply>

/** The 202 of `POST /inbound` with `async: true`. The message is on disk: it will be answered also when Core restarts. */
export const acceptedMessage = z.object({
  status: z.literal('accepted'),
  request_id: z.string().describe('For `GET /inbound/result` and `POST /inbound/cancel`'),
  message_id: z.string(),
})
export type AcceptedMessage = z.infer<typeof acceptedMessage>

/** `GET /inbound/result?request_id=`: 202 while it runs, then 200 with how it ended, for a day. Unknown ids: 404. */
export const inboundResult = z.discriminatedUnion('status', [
  z.object({ status: z.literal('pending'), request_id: z.string(), text: z.literal('') }),
  z.object({ status: z.literal('done'), ...reply.shape }),
  z.object({
    status: z.enum(['failed', 'cancelled']),
    request_id: z.string(),
    error: z.string(),
    code: z.string(),
    text: z.literal(''),
  }),
])
export type InboundResult = z.infer<typeof inboundResult>

/** The body of `POST /inbound/cancel`. It stops a streaming answer too: its id is in the event `started`, and the words so far are the answer. */
export const inboundCancel = z.object({ request_id: z.string().min(1).max(MAX_ID) })

/** Events of an SSE answer of `POST /inbound`: `started`, `delta`s, then one `done`. A comment line every 15 s keeps proxies quiet. */
export const streamEvent = z.discriminatedUnion('event', [
  z.object({ event: z.literal('started'), request_id: z.string() }),
  z.object({ event: z.literal('delta'), text: z.string() }),
  z.object({ event: z.literal('done'), ok: z.literal(true), status: z.literal(200), ...reply.shape }),
  z.object({
    event: z.literal('done'),
    ok: z.literal(false),
    status: z.number(),
    error: z.string(),
    text: z.literal(''),
    code: z.string(),
  }),
])
export type StreamEvent = z.infer<typeof streamEvent>
