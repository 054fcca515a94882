import {
  type CompanionMetadata,
  format as formatSchema,
  type FoundMemory,
  type InboundMessage,
  type PluginResult,
  type PluginState,
  type Reply,
} from '#contract'
import type { CompanionConfig } from './config/schema.ts'
import { Problem, problem } from './errors.ts'
import { namespaceOf } from './memory/namespace.ts'
import { nameOfId } from './plugins/name.ts'
import type { Plugins } from './plugins/plugins.ts'
import { shownBy } from './plugins/shown.ts'
import type { Person } from './users/users.ts'

/** What a responder says; the turn makes a Reply of it. */
export type Answer = Pick<Reply, 'text' | 'format' | 'images' | 'ui'> & {
  /** What was said is not to be remembered: at the person's wish, or because it was only a wish. */
  readonly forgot?: boolean
}

/** One message for a companion, with what Core knows about it. */
export interface CompanionQuestion {
  readonly turn_id: string
  readonly companion: CompanionConfig
  readonly person: Person
  readonly message: InboundMessage
  readonly text: string
  readonly files: readonly string[]
  readonly history: readonly { role: 'user' | 'assistant'; text: string; at: string }[]
  readonly memories: readonly FoundMemory[]
}

/**
 * Asks the companion's plugin (capability `chat`). Combined, the plugin gets history and memories and keeps nothing;
 * uncombined, it keeps the chat itself (design section 6).
 * @throws Problem `plugin_offline`, `plugin_failed`, `plugin_answer`
 */
export async function askCompanion(
  plugins: Plugins,
  question: CompanionQuestion,
  options: { onText?: ((text: string) => void) | undefined; signal: AbortSignal },
): Promise<Answer> {
  const { companion, person, message, text, files } = question
  const namespace = namespaceOf(person, companion.id)
  const metadata: CompanionMetadata & { files: readonly string[] } = {
    companion: { id: companion.id, name: companionName(companion) },
    store: person.kind === 'user' ? 'core' : 'plugin',
    history: question.history.map(({ role, text, at }) => ({ role, text, at })),
    memories: question.memories
      .filter(({ until }) => until === undefined)
      .map(({ memory, created_at }) => ({ memory, at: created_at })),
    memory_user_id: namespace,
    files,
  }
  const result = await plugins.call(
    companion.plugin_id,
    {
      request_id: question.turn_id,
      plugin_id: companion.plugin_id,
      user_input: text.trim() || files.map((name) => `[${name}]`).join(' '),
      user_id: person.id,
      user_name: person.name,
      channel_name: message.channel_name,
      channel_type: 'IM',
      app_id: message.app_id,
      metadata,
      capability_id: 'chat',
      capability_parameters: {},
    },
    { ...options, namespace },
  )
  return toAnswer(nameOfPlugin(plugins, companion), result)
}

/** What a plugin says of its text; plain when it says nothing that is known. */
const formatOf = formatSchema.catch('plain')

function toAnswer(name: string, result: PluginResult): Answer {
  const { text, metadata } = result
  const { images, ui } = shownBy(result)
  if (!text.trim() && images.length === 0 && ui.length === 0)
    throw problem('plugin_answer', name, 'it has no text')
  const format = formatOf.parse(metadata['format'])
  return { text, format, ...(images.length > 0 && { images }), ...(ui.length > 0 && { ui }) }
}

/** The name a companion goes by in lists and prompts. */
export const companionName = ({ name, keyword, id }: CompanionConfig): string =>
  name ?? keyword ?? nameOfId(id)

/** The name of who speaks in a chat. */
export function nameOfPartner(companions: readonly CompanionConfig[], partner: string): string {
  const companion = companions.find(({ id }) => id === partner)
  return companion ? companionName(companion) : nameOfId(partner)
}

/** That the plugin is not there, where that is known without asking it; the same problem as asking it would bring. */
export const knownAway = (plugins: Plugins, companion: CompanionConfig): Problem | undefined =>
  UP.has(plugins.state(companion.plugin_id))
    ? undefined
    : problem('plugin_offline', nameOfPlugin(plugins, companion))

const UP: ReadonlySet<PluginState> = new Set(['ready', 'degraded'])

/** What the person reads when the plugin is not there: its registered name, else the configured one, else its id. */
export const offlineText = (plugins: Plugins, companion: CompanionConfig): string =>
  `${nameOfPlugin(plugins, companion)} is offline now.`

const nameOfPlugin = (plugins: Plugins, { plugin_id, name }: CompanionConfig): string =>
  plugins.name(plugin_id) ?? name ?? nameOfId(plugin_id)

/** Offline is decided on the typed error, never on its words. */
export const isOffline = (error: unknown): boolean =>
  error instanceof Problem && error.code === 'plugin_offline'
