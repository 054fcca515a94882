import { z } from 'zod'
import { COMPANION_USER, MAX_ID, normalizeId } from '#contract'
import { isTimeZone } from '../schedule/zone.ts'

type DeepReadonly<T> = T extends object ? { readonly [Key in keyof T]: DeepReadonly<T[Key]> } : T

const id = z.string().trim().min(1).max(MAX_ID)
const word = z.string().trim().min(1).max(100)
const timezone = z
  .string()
  .trim()
  .refine(isTimeZone, 'must be a time zone of the IANA database, e.g. Europe/Berlin')
/** Ids of plugins and companions name folders and addresses: letters, digits, `_` and `.`. */
const nameId = id
  .transform(normalizeId)
  .refine(
    (value) => /^[\p{L}\p{N}][\p{L}\p{M}\p{N}_.]*$/u.test(value),
    'may hold letters, digits, _ and . only',
  )

/** One companion: who it is and how a message is known to be for it (seed 002 §9). */
export const companionConfig = z.strictObject({
  id: nameId
    .refine((value) => value !== 'system', 'this id is reserved')
    .prefault('friend')
    .describe('Its name in addresses and stores. Never change it: chats and memories hang on it.'),
  enabled: z.boolean().default(true).describe('Whether messages are routed to it.'),
  plugin_id: nameId.prefault('friends').describe('The plugin that answers for it.'),
  session_id_value: word
    .default('friend')
    .describe('A message whose conversation_type, session_id or channel_name equals this is for it.'),
  keyword: word
    .optional()
    .describe('A message that begins with this word (or with hi, hey, hello and it) is for it.'),
  name: word.optional().describe('The name to show; without it the keyword, else the id.'),
  picture: z
    .string()
    .trim()
    .max(100)
    .regex(
      /^[\p{L}\p{N}_][\p{L}\p{M}\p{N} ._-]*\.(?:png|jpe?g|webp)$/iu,
      'must be the name of a .png, .jpg, .jpeg or .webp file in the folder of this file',
    )
    .optional()
    .describe(
      'Its face: a picture beside this file, e.g. veda.jpg (.png, .jpg, .jpeg or .webp; small and square is best). Without it, the initials.',
    ),
  channels: z
    .array(word)
    .default([])
    .describe('Whatever comes from these channels or identities (`whatsapp`, `telegram:42`) is for it.'),
})
export type CompanionConfig = DeepReadonly<z.infer<typeof companionConfig>>

const mostADay = z.number().int().min(1)

/** What Core does for one plugin, and what the plugin may do. Nothing is granted that does not stand here. */
export const pluginConfig = z.strictObject({
  enabled: z.boolean().default(true).describe('Whether Core calls it at all.'),
  start: z
    .boolean()
    .default(true)
    .describe(
      'Core starts external_plugins/<id>/plugin.yml itself. Set it to false when you start it by hand.',
    ),
  memory: z
    .array(id)
    .default([])
    .describe(
      'Memory namespaces it may read and write; `own` stands for those of its companions, `users` for that of whoever it is just answering.',
    ),
  model: z
    .union([
      z.boolean(),
      z.strictObject({
        calls_per_day: mostADay.optional().describe('Most answers of the model on one day.'),
        tokens_per_day: mostADay
          .optional()
          .describe(
            'Most tokens on one day, of prompts and answers together. The last answer may go beyond it.',
          ),
      }),
    ])
    .default(false)
    .describe('Whether it may use the language model, and how much of it on one day.'),
  deliver: z
    .boolean()
    .default(false)
    .describe('Whether it may write to people by itself, in the name of its companions.'),
  schedule: z.boolean().default(false).describe('Whether it may have Core call it at set times.'),
})
export type PluginConfig = DeepReadonly<z.infer<typeof pluginConfig>>

const modelConfig = z.strictObject({
  name: z.string().min(1).describe('The model as the endpoint calls it.'),
  base_url: z
    .url({ protocol: /^https?$/, error: 'must be an http:// or https:// address' })
    .describe('An OpenAI-compatible endpoint, e.g. http://127.0.0.1:11434/v1'),
  api_key: z
    .string()
    .optional()
    .describe('Sent as a Bearer token. Write ${NAME} to take it from the environment.'),
})
export type ModelConfig = DeepReadonly<z.infer<typeof modelConfig>>

/** A folder, or `<owner>/<name>` at a mirror; also what an endpoint calls its model. */
const embeddingModel = z
  .string()
  .trim()
  .min(1)
  .max(300)
  .refine((name) => !name.split(/[\\/]/).includes('..') || name.startsWith('.'), 'is no name of a model')

const memoryConfig = z
  .strictObject({
    enabled: z.boolean().default(true).describe('Whether anything is remembered beyond the chats. (restart)'),
    embedder: z
      .enum(['auto', 'bundled', 'transformers', 'openai-compatible'])
      .default('auto')
      .describe(
        'What finds memories by meaning: `bundled` (English, part of the installation), `transformers` (a model of Transformers.js), `openai-compatible` (an endpoint), or `auto`: `model` if one is named, and `bundled` until it has arrived. (restart)',
      ),
    model: embeddingModel
      .optional()
      .describe(
        'The embedding model: a name at the mirror, e.g. Xenova/multilingual-e5-small, a folder (absolute, or beginning with ./), or what the endpoint calls it. (restart)',
      ),
    mirror: z
      .url({ protocol: /^https?$/, error: 'must be an http:// or https:// address' })
      .default('https://huggingface.co')
      .describe('Where models are fetched from, once; they are kept in database/models. (restart)'),
    base_url: z
      .url({ protocol: /^https?$/, error: 'must be an http:// or https:// address' })
      .optional()
      .describe('The endpoint for `openai-compatible`, e.g. http://127.0.0.1:11434/v1. (restart)'),
    api_key: z
      .string()
      .optional()
      .describe('Sent to it as a Bearer token. Write ${NAME} to take it from the environment. (restart)'),
    idle_seconds: z
      .number()
      .int()
      .min(1)
      .max(86_400)
      .default(60)
      .describe(
        'How long the process of the embedder stays when nobody asks, with 250 MB and more. (restart)',
      ),
  })
  .refine(
    ({ embedder, model }) => !['transformers', 'openai-compatible'].includes(embedder) || model !== undefined,
    {
      path: ['model'],
      message: 'is needed with this embedder',
    },
  )
  .refine(({ embedder, base_url }) => embedder !== 'openai-compatible' || base_url !== undefined, {
    path: ['base_url'],
    message: 'is needed with this embedder',
  })

const coreKeys = {
  host: z
    .string()
    .trim()
    .min(1)
    .default('127.0.0.1')
    .describe('Address to listen on. Anything beyond this machine needs auth_enabled. (restart)'),
  port: z
    .number()
    .int()
    .min(0)
    .max(65_535)
    .default(9000)
    .describe('Port to listen on; HOMECLAW_PORT goes before. 0 = any free one. (restart)'),
  auth_enabled: z.boolean().default(true).describe('Whether callers need a key. (restart)'),
  auth_api_key: z
    .string()
    .regex(/^[\u0021-\u007e]*$/, 'may hold letters, digits and signs of ASCII only, and no spaces')
    .default('')
    .describe(
      'The owner key; HOMECLAW_API_KEY goes before. Empty: one is made and kept in database/owner.key. (restart)',
    ),
  allowed_hosts: z
    .array(z.string().trim().toLowerCase().min(1))
    .default([])
    .describe('Host names under which this Core may be reached, beside localhost and 127.0.0.1.'),
  plugin_hosts: z
    .array(z.string().trim().toLowerCase().min(1))
    .default([])
    .describe(
      'Hosts beyond this machine where plugins, bridges and push services may run (`192.168.1.20`, `nas.local`). What they answer is believed.',
    ),
  log_level: z
    .enum(['debug', 'info', 'warn', 'error', 'silent'])
    .default('info')
    .describe('How much is logged. (restart)'),
  timezone: timezone
    .optional()
    .describe(
      'Where people are, e.g. Europe/Berlin: what "tomorrow at 8" means. Without it that of this machine.',
    ),
  model: z
    .union([z.literal('auto'), z.literal('none'), modelConfig, z.array(modelConfig).min(1)])
    .default('auto')
    .describe(
      '`auto` looks for Ollama, LM Studio and llama.cpp on this machine; `none` = builtin; one endpoint; or a list, tried in order.',
    ),
  memory: memoryConfig.prefault({}),
  companions: z
    .array(companionConfig)
    .optional()
    .describe('The friends beside System. Two may share neither signal, keyword nor channel.'),
  companion: companionConfig
    .optional()
    .describe('One companion, without a list: the same as `companions` with that one in it.'),
  plugins: z.record(nameId, pluginConfig).prefault({}).describe('The plugins that Core knows, by id.'),
}

/** config/core.yml. Keys marked "restart" take effect at the next start; all others at once. */
export const coreConfig = z.strictObject(coreKeys).transform(({ companion, companions, ...core }) => ({
  ...core,
  companions: companions ?? (companion ? [companion] : []),
}))
export type CoreConfig = DeepReadonly<z.infer<typeof coreConfig>>

/** Ids that mean something else in the stores, in core.yml or in an address, so that no user may have them. */
const RESERVED = new Set([COMPANION_USER, 'system', 'share', 'default', 'own', 'users', '.', '..'])

const userId = z
  .string()
  .trim()
  .min(1)
  .max(MAX_ID)
  .refine(
    (value) => !RESERVED.has(value.toLowerCase()) && !value.toLowerCase().startsWith(`${COMPANION_USER}_`),
    'this id is reserved',
  )
  .refine((value) => !/[\p{Cc}\p{Cf}]/u.test(value), 'control characters are not allowed')

/** A list of texts, one text, or an empty text for none. */
const oneOrMany = (entry: z.ZodString) =>
  z.union([z.literal('').transform(() => []), entry.transform((one) => [one]), z.array(entry)]).prefault([])

const permission = z.enum(['IM', 'EMAIL', 'PHONE', 'SMS'])
const person = z
  .strictObject({
    id: userId
      .optional()
      .describe('Never change it: chats and memories hang on it. Without it the name is the id.'),
    name: z.string().trim().min(1).max(MAX_ID).describe('The name to show.'),
    email: oneOrMany(
      z
        .string()
        .trim()
        .max(MAX_ID)
        .regex(/^[^\s@]+@[^\s@]+$/, 'must be an e-mail address'),
    ).describe('Addresses this person writes from.'),
    im: oneOrMany(
      z
        .string()
        .trim()
        .max(MAX_ID)
        .regex(/^[^\s:_]+[:_].+$/, 'must be <channel>:<sender id>'),
    ).describe('Identities, `<channel>:<sender id>`.'),
    phone: oneOrMany(
      z
        .string()
        .trim()
        .max(MAX_ID)
        .regex(/^\+?(?:[\s()./-]*\d){3,}[\s()./-]*$/, 'must be a phone number'),
    ).describe('Phone numbers this person writes from, as +<country><number>.'),
    permissions: z
      .array(permission)
      .default([])
      .describe('Kinds of channel this person may write through; empty = all.'),
    timezone: timezone.optional().describe('Where this person is, if not where core.yml says.'),
    keywords: z.record(nameId, word).prefault({}).describe('Own names for companions, e.g. {friend: Maya}.'),
  })
  .refine(({ id, name }) => id !== undefined || userId.safeParse(name).success, {
    path: ['name'],
    message: 'cannot be the id as well. Add an id',
  })

/** One person of config/user.yml. */
export const userConfig = person.transform((user) => ({ ...user, id: user.id ?? user.name }))
export type User = DeepReadonly<z.infer<typeof userConfig>>

/** config/user.yml */
export const usersConfig = z.strictObject({
  users: z.array(userConfig).prefault([]).describe('The people of this household.'),
})

/** Both files, checked. Deeply frozen. */
export interface Config {
  readonly core: CoreConfig
  readonly users: readonly User[]
}
