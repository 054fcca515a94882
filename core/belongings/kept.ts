import { setTimeout as pause } from 'node:timers/promises'
import {
  COMPANION_USER,
  type DataLine,
  type DataRemoved,
  type HistoryPage,
  historyPage,
  pluginDataRemoved,
} from '#contract'
import type { CompanionConfig } from '../config/schema.ts'
import { Problem } from '../errors.ts'
import { check } from '../http/body.ts'
import { nameOfId } from '../plugins/name.ts'
import type { Plugins } from '../plugins/plugins.ts'

/** How long a plugin may take to delete, in ms. */
const PATIENCE = 15_000
/** Messages of one page of a chat that a plugin keeps. */
const PAGE = 200

/** What plugins keep of people themselves. They are asked at paths of theirs that are optional. */
export interface Kept {
  lines(userId: string): AsyncIterable<DataLine>
  /** Every plugin in use is asked; nothing is claimed of one that does not say that it is done. */
  remove(userId: string): Promise<Pick<DataRemoved, 'removed' | 'not_removed'>>
}

export function createKept({
  plugins,
  companions,
}: {
  plugins: Pick<Plugins, 'fetch' | 'list' | 'name'>
  companions: () => readonly CompanionConfig[]
}): Kept {
  async function* chatWith(companion: CompanionConfig): AsyncIterable<DataLine> {
    let page: HistoryPage = { messages: [], more: true }
    for (let before: number | undefined; page.more; before = page.messages[0]?.seq) {
      page = await historyFrom(plugins, companion, { before, limit: PAGE })
      for (const message of page.messages.toReversed())
        yield { ...message, kind: 'friend_message', companion: companion.id }
      if (page.messages.length === 0) return
    }
  }

  async function* ofCompanion(companion: CompanionConfig, userId: string): AsyncIterable<DataLine> {
    const { id, plugin_id } = companion
    const settings = await plugins.fetch(plugin_id, 'GET', settingsPath(companion, userId))
    if (settings !== undefined) yield { kind: 'friend_settings', companion: id, settings }
    if (userId === COMPANION_USER) yield* chatWith(companion)
  }

  /** Those of companions also when nobody has started them: what they have kept lies there all the same. */
  const inUse = (): string[] => {
    const used = plugins.list().filter(({ mode }) => mode !== 'found')
    const ofCompanions = companions().map(({ plugin_id }) => plugin_id)
    return [...new Set([...used.map(({ plugin_id }) => plugin_id), ...ofCompanions])].sort()
  }

  async function removeFrom(pluginId: string, userId: string): Promise<Removal> {
    const path = `/data/${encodeURIComponent(userId)}`
    const late = new AbortController()
    const asked = plugins
      .fetch(pluginId, 'DELETE', path)
      .then((answer) =>
        answer === undefined
          ? ({ why: 'not_offered', detail: 'It has no way to be asked' } as const)
          : check(answer, pluginDataRemoved, 'plugin_answer'),
      )
    const slow = pause(PATIENCE, { why: 'failed', detail: 'It did not answer in time' } as const, late)
    return Promise.race([asked.catch(refusalOf), slow]).finally(() => late.abort())
  }

  return {
    async *lines(userId) {
      for (const companion of companions()) {
        try {
          yield* ofCompanion(companion, userId)
        } catch (error) {
          yield { kind: 'missing', companion: companion.id, ...refusalOf(error) }
        }
      }
    },
    async remove(userId) {
      const answers = await Promise.all(
        inUse().map(async (plugin_id) => ({
          plugin: {
            place: 'plugin' as const,
            plugin_id,
            name: plugins.name(plugin_id) ?? nameOfId(plugin_id),
          },
          answer: await removeFrom(plugin_id, userId),
        })),
      )
      return {
        removed: answers.flatMap(({ plugin, answer }) =>
          'removed' in answer && answer.removed > 0 ? [{ ...plugin, count: answer.removed }] : [],
        ),
        not_removed: answers.flatMap(({ plugin, answer }) =>
          'why' in answer ? [{ ...plugin, ...answer }] : [],
        ),
      }
    },
  }
}

interface Refusal {
  readonly why: DataRemoved['not_removed'][number]['why']
  readonly detail: string
}
type Removal = { readonly removed: number } | Refusal

/** @throws what is no Problem: a bug */
function refusalOf(error: unknown): Refusal {
  if (!(error instanceof Problem)) throw error
  return { why: error.code === 'plugin_offline' ? 'offline' : 'failed', detail: error.message }
}

export const settingsPath = (companion: CompanionConfig, userId: string): string =>
  `/settings/${encodeURIComponent(userId)}?persona=${encodeURIComponent(companion.id)}`

/** Uncombined, the plugin keeps the chat; Core only passes it on. A plugin without chats has an empty one. */
export async function historyFrom(
  plugins: Pick<Plugins, 'fetch'>,
  companion: CompanionConfig,
  { before, limit }: { before: number | undefined; limit: number },
): Promise<HistoryPage> {
  const search = new URLSearchParams({
    persona: companion.id,
    limit: String(limit),
    ...(before && { before: String(before) }),
  })
  const answer = await plugins.fetch(companion.plugin_id, 'GET', `/history/${COMPANION_USER}?${search}`)
  return check(answer ?? { messages: [], more: false }, historyPage, 'plugin_answer')
}
