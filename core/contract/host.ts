import { z } from 'zod'
import { MAX_ID, MAX_TEXT } from './message.ts'

export const toolCall = z.object({
  id: z.string(),
  type: z.literal('function').default('function'),
  function: z.object({ name: z.string(), arguments: z.string().describe('JSON text') }),
})
export type ToolCall = z.infer<typeof toolCall>

export const tool = z.object({
  type: z.literal('function').default('function'),
  function: z.object({
    name: z.string().min(1),
    description: z.string().default(''),
    parameters: z.record(z.string(), z.unknown()).describe('JSON Schema of the arguments'),
  }),
})
export type Tool = z.infer<typeof tool>

export const modelMessage = z.object({
  role: z.enum(['system', 'user', 'assistant', 'tool']),
  content: z
    .string()
    .nullish()
    .transform((content) => content ?? ''),
  tool_calls: z.array(toolCall).optional(),
  tool_call_id: z.string().optional(),
})
export type ModelMessage = z.infer<typeof modelMessage>

export const responseFormat = z.discriminatedUnion('type', [
  z.object({ type: z.literal('text') }),
  z.object({ type: z.literal('json_object') }),
  z.object({
    type: z.literal('json_schema'),
    json_schema: z.object({
      name: z.string(),
      schema: z.record(z.string(), z.unknown()),
      strict: z.boolean().optional(),
    }),
  }),
])
export type ResponseFormat = z.infer<typeof responseFormat>

export const usage = z.object({ prompt_tokens: z.number(), completion_tokens: z.number() })
export type Usage = z.infer<typeof usage>

/** The body of `POST /api/plugins/llm/generate`. */
export const generateRequest = z.object({
  messages: z.array(modelMessage).min(1).max(1_000),
  llm_name: z.string().nullish(),
  response_format: responseFormat.optional(),
  tools: z.array(tool).max(128).optional(),
  stream: z
    .boolean()
    .nullish()
    .transform((value) => value ?? false),
})
export const generateResponse = z.object({
  text: z.string(),
  tool_calls: z.array(toolCall).optional(),
  usage: usage.optional(),
})
export type GenerateResponse = z.infer<typeof generateResponse>

/** Events of a streamed `generate`: `delta`s, then `done`, or `error` with the problem's code and detail. */
export const generateEvent = z.discriminatedUnion('event', [
  z.object({ event: z.literal('delta'), text: z.string() }),
  z.object({ event: z.literal('done'), ...generateResponse.shape }),
  z.object({ event: z.literal('error'), code: z.string(), error: z.string() }),
])
export type GenerateEvent = z.infer<typeof generateEvent>

const namespace = z.string().trim().min(1).max(MAX_ID)
const turnToken = z
  .string()
  .max(MAX_ID)
  .nullish()
  .transform((value) => value ?? undefined)
  .describe('The one from the metadata of the request that is being answered; proves the grant `users`.')

/** The body of `POST /api/plugins/memory/add`; `user_id` is the memory namespace. */
export const memoryAddRequest = z.object({
  user_id: namespace,
  turn_token: turnToken,
  text: z.string().trim().min(1).max(MAX_TEXT),
  app_id: z
    .string()
    .max(MAX_ID)
    .nullish()
    .transform((value) => value || 'homeclaw'),
  user_name: z.string().max(MAX_ID).nullish(),
  metadata: z
    .record(z.string(), z.unknown())
    .nullish()
    .transform((value) => value ?? {})
    .describe('`session`, `seq`, `speaker`, `said_at` have a meaning; the rest is kept as it is.'),
})
export const memoryAddResponse = z.union([
  z.object({ ok: z.literal(true), id: z.string() }),
  z.object({ ok: z.literal(false), error: z.string() }),
])

/** The body of `POST /api/plugins/memory/search`. */
export const memorySearchRequest = z.object({
  user_id: namespace,
  turn_token: turnToken,
  query: z.string().trim().min(1).max(MAX_TEXT),
  app_id: z.string().max(MAX_ID).nullish().describe('Accepted for upstream; never filters.'),
  by: z
    .enum(['words', 'meaning'])
    .nullish()
    .transform((value) => value ?? undefined)
    .describe('One way only; by both, unless it is given'),
  limit: z
    .number()
    .int()
    .min(1)
    .max(50)
    .nullish()
    .transform((value) => value ?? 10),
})

/** Where a memory came from. */
export const memorySource = z.object({
  kind: z
    .enum(['turn', 'tool', 'plugin', 'person', 'file'])
    .describe(
      'Said in a turn, kept by the model during one, added by a plugin, by a person, or read in a file',
    ),
  id: z.string().describe('The turn, the plugin, the user (or `owner`), the file'),
  speaker: z.string().optional().describe('Who said it'),
  chat: z.string().optional().describe('The partner of the chat it was said in: `system` or a companion'),
  message_id: z.string().optional().describe('The message it was said in'),
  place: z.string().optional().describe('Where in the file: page, heading, line'),
})
export type MemorySource = z.infer<typeof memorySource>

export const foundMemory = z.object({
  id: z.string(),
  memory: z.string(),
  score: z.number().describe('0 … 1, higher is nearer; comparable within one answer only'),
  created_at: z.string(),
  until: z.string().optional().describe('ISO 8601; since then something newer holds, which stands before it'),
  source: memorySource,
})
export type FoundMemory = z.infer<typeof foundMemory>
export const memorySearchResponse = z.object({ memories: z.array(foundMemory) })
