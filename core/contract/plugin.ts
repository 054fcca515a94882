import { z } from 'zod'
import { MAX_ID, why } from './message.ts'
import { pluginMode } from './supervision.ts'

/** How plugin and capability ids are compared: lower case, `-` and space become `_`. */
export const normalizeId = (id: string): string => id.trim().toLowerCase().replaceAll(/[-\s]/g, '_')

const pluginId = z.string().trim().min(1).max(MAX_ID).transform(normalizeId)

export const capabilityParameter = z.object({
  name: z.string().min(1),
  type: z.string().default('string'),
  required: z.boolean().default(true),
  default: z.unknown().optional(),
  description: z.string().optional(),
})
export type CapabilityParameter = z.infer<typeof capabilityParameter>

export const capability = z.object({
  id: pluginId,
  name: z.string().min(1),
  description: z.string().default(''),
  parameters: z.array(capabilityParameter).default([]),
  output_description: z.string().optional(),
  post_process: z.boolean().default(false),
  post_process_prompt: z.string().optional(),
  method: z
    .string()
    .trim()
    .transform((method) => method.toUpperCase())
    .pipe(z.enum(['GET', 'POST']))
    .optional()
    .catch(undefined)
    .describe('`GET` brings the parameters in the query; anything else is a POST of the `pluginRequest`.'),
  path: z
    .string()
    .transform((path) => (path.startsWith('/') ? path : `/${path}`))
    .pipe(z.string().regex(/^\/[\x21-\x7e]*$/, 'must be percent-encoded'))
    .optional()
    .describe(
      'Where this capability is called, below `base_url`; `config.path` where there is nothing (404, 405).',
    ),
})
export type Capability = z.infer<typeof capability>

/** The body of `POST /api/plugins/register`. Ids normalise; the same id again is an update. */
export const registration = z.object({
  plugin_id: pluginId.pipe(
    z.string().regex(/^[a-z0-9][a-z0-9_.]*$/, 'must be of letters a-z, digits, "_", "-" and "."'),
  ),
  name: z.string().trim().min(1).max(MAX_ID),
  description: z.string().max(2_000).default(''),
  description_long: z.string().max(20_000).optional(),
  health_check_url: z.string().url(),
  type: z.literal('http'),
  config: z.object({
    base_url: z.string().url(),
    path: z
      .string()
      .default('/run')
      .transform((path) => (path.startsWith('/') ? path : `/${path}`)),
    timeout_sec: z.number().positive().max(600).default(420).describe('How long Core waits for an answer'),
  }),
  capabilities: z.array(capability).max(200).default([]),
  ui: z.record(z.string(), z.unknown()).optional(),
})
export type Registration = z.infer<typeof registration>

export const registered = z.object({
  plugin_id: z.string(),
  registered: z.literal(true),
  token: z
    .string()
    .optional()
    .describe(
      'The plugin token: for the callbacks, and what Core sends as Bearer. Ours; upstream plugins ignore it.',
    ),
})

export const historyMessage = z.object({
  role: z.enum(['user', 'assistant']),
  text: z.string(),
  at: z.string().describe('ISO 8601'),
})
export type HistoryMessage = z.infer<typeof historyMessage>

/** What Core adds to a request's `metadata` when it asks a companion. */
export const companionMetadata = z.object({
  companion: z.object({ id: z.string(), name: z.string() }),
  store: z
    .enum(['core', 'plugin'])
    .describe('Who keeps the chat: `core` = combined, the plugin writes nothing.'),
  history: z.array(historyMessage).describe('Newest last; empty when the plugin keeps the chat.'),
  memories: z.array(z.object({ memory: z.string(), at: z.string() })),
  memory_user_id: z.string().describe('The memory namespace of this conversation.'),
  turn_token: z
    .string()
    .optional()
    .describe('Opens that memory to a plugin that was granted `users`, until this request is answered.'),
})
export type CompanionMetadata = z.infer<typeof companionMetadata>

/** Core → plugin: the body of `POST base_url + path`. */
export const pluginRequest = z.object({
  request_id: z
    .string()
    .describe('The turn. The same id again must give the stored result, not a second run.'),
  plugin_id: z.string(),
  user_input: z.string(),
  user_id: z.string(),
  user_name: z.string(),
  channel_name: z.string(),
  channel_type: z.string(),
  app_id: z.string(),
  chat_context: z.string().optional(),
  metadata: z.record(z.string(), z.unknown()),
  capability_id: z.string().nullish(),
  capability_parameters: z.record(z.string(), z.unknown()).nullish(),
})
export type PluginRequest = z.infer<typeof pluginRequest>

/** Plugin → Core: the answer of a run, as JSON or as the last event of a stream. */
export const pluginResult = z.object({
  request_id: z.string().nullish(),
  plugin_id: z.string().nullish(),
  success: z.boolean().default(true),
  text: z
    .string()
    .nullish()
    .transform((text) => text ?? ''),
  error: z.string().nullish(),
  metadata: z
    .record(z.string(), z.unknown())
    .nullish()
    .transform((metadata) => metadata ?? {}),
})
export type PluginResult = z.infer<typeof pluginResult>

/** Events of a streamed run (`Accept: text/event-stream`): `delta`s, then one `result`. */
export const pluginStreamEvent = z.discriminatedUnion('event', [
  z.object({ event: z.literal('delta'), text: z.string() }),
  z.object({ event: z.literal('result'), result: pluginResult }),
])
export type PluginStreamEvent = z.infer<typeof pluginStreamEvent>

export const pluginState = z.enum(['starting', 'ready', 'degraded', 'offline', 'failed'])
export type PluginState = z.infer<typeof pluginState>

/** What a plugin was granted in core.yml. */
export const grants = z.object({
  memory: z.array(z.string()).describe('Namespaces, `own` and `users`'),
  model: z.union([
    z.boolean(),
    z.object({ calls_per_day: z.number().optional(), tokens_per_day: z.number().optional() }),
  ]),
  deliver: z.boolean(),
  schedule: z.boolean(),
})
export type Grants = z.infer<typeof grants>

/** One entry of `GET /api/plugins`. */
export const pluginEntry = z.object({
  plugin_id: z.string(),
  name: z.string(),
  description: z.string(),
  state: pluginState,
  mode: pluginMode,
  fault: z.string().optional().describe('Why it does not run, in words'),
  config: z.object({ base_url: z.string(), path: z.string(), timeout_sec: z.number() }).optional(),
  capabilities: z.array(capability),
  ui: z.record(z.string(), z.unknown()).optional(),
  may: grants,
  model_use: z
    .object({ calls: z.number(), tokens: z.number() })
    .describe('What it has used of the language model today'),
})
export type PluginEntry = z.infer<typeof pluginEntry>

/** One entry of `GET /api/plugins/{id}/audit`: equal deeds of one minute are one entry. */
export const auditEntry = z.object({
  at: z.string().describe('The last time; ISO 8601'),
  count: z.number(),
  action: z.string().describe('`POST /api/plugins/memory/search`'),
  about: z.string().optional().describe('Whose memory, chat or job'),
  outcome: z.enum(['done', 'refused', 'failed']),
  detail: z.string().optional().describe('Why not, and which grant is missing'),
})
export type AuditEntry = z.infer<typeof auditEntry>

/** One entry of `GET /api/companions`: the friends that the page lists beside System. */
export const companionEntry = z.object({
  id: z.string(),
  name: z.string(),
  plugin_id: z.string(),
  session_id_value: z.string(),
  keyword: z.string().optional(),
  picture: z.string().optional().describe('Where Core gives out its picture'),
  state: pluginState,
})
export type CompanionEntry = z.infer<typeof companionEntry>

/** `GET /history/{user_id}?persona=&before=&limit=` of a plugin that keeps chats, and of Core's own chats. Oldest first. */
export const historyPage = z.object({
  messages: z.array(
    historyMessage.extend({
      id: z
        .string()
        .describe("The `message_id` of the person's message where it is known; else any unique id"),
      seq: z.number(),
      failed: z.string().optional().describe('Why it was not answered'),
      failed_code: z.string().optional().describe('The code of that problem'),
      reason: z.string().optional().describe('Why it came, when nobody asked for it'),
      late: z.literal(true).optional().describe('It came later than it should have'),
      why: why.optional(),
      files: z
        .array(z.string())
        .optional()
        .describe('What was attached, by its name in the workspace: `GET /api/files/{name}` gives it'),
      images: z
        .array(z.string())
        .optional()
        .describe('Pictures of the answer: data: URLs, or addresses, of Core or elsewhere'),
      turn: z.string().optional().describe('The turn it belongs to: a message and its answer have the same'),
      version_of: z.string().optional().describe('The turn that it is another version of'),
      aside: z.literal(true).optional().describe('Another version of it counts'),
    }),
  ),
  more: z.boolean(),
})
export type HistoryPage = z.infer<typeof historyPage>
