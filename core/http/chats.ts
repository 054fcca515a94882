import { type Context, Hono } from 'hono'
import { z } from 'zod'
import { type ChatEntry, type chatRemoved, COMPANION_USER } from '#contract'
import { historyFrom, settingsPath } from '../belongings/kept.ts'
import type { ChatChanges } from '../chats/changes.ts'
import { type Chats, SYSTEM } from '../chats/chats.ts'
import type { ReadMarks } from '../chats/marks.ts'
import type { CompanionConfig } from '../config/schema.ts'
import { problem } from '../errors.ts'
import type { Plugins } from '../plugins/plugins.ts'
import type { Memory } from '../memory/memory.ts'
import type { Turns } from '../turn.ts'
import { assertMayChangeOf, assertMayReadOf } from '../users/rights.ts'
import { check, readBody } from './body.ts'
import type { Env } from './env.ts'
import { whose } from './whose.ts'

export const page = whose.extend({
  before: z.coerce.number().int().positive().optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
})
export const query = whose.extend({
  q: z.string().min(1).max(500),
  limit: z.coerce.number().int().min(1).max(100).default(20),
})
export const removal = whose.extend({
  memories: z.enum(['keep', 'forget']).default('keep').describe('What was learnt in it'),
})
const settings = z.record(z.string(), z.unknown())

export interface ChatParts {
  /** What else has words of chats for a while. */
  readonly keepers: readonly { forget(userId: string, partner: string): Promise<void> }[]
  readonly chats: Chats
  readonly marks: ReadMarks
  readonly changes: ChatChanges
  readonly turns: Pick<Turns, 'removeChat'>
  /** Undefined when memory is off. */
  readonly memory: Pick<Memory, 'forget'> | undefined
  readonly plugins: Plugins
  readonly companions: () => readonly CompanionConfig[]
}

/** What people and their partners said: `/api/chats`. The owner reads all, a user their own. */
export function chatRoutes(parts: ChatParts): Hono<Env> {
  const routes = new Hono<Env>()

  routes.get('/api/chats', (c) => {
    const { user_id } = queryOf(c, whose)
    return c.json({ chats: entriesOf(parts, user_id) })
  })

  routes.get('/api/chats/search', async (c) => {
    const { user_id, q, limit } = queryOf(c, query)
    return c.json({ found: await parts.chats.search(user_id, q, limit) })
  })

  routes.get('/api/chats/:partner/messages', async (c) => {
    const { user_id, before, limit } = queryOf(c, page)
    const partner = c.req.param('partner')
    if (partner === SYSTEM) return c.json(parts.chats.history(user_id, partner, { before, limit }))
    const companion = companionOf(parts, partner)
    if (user_id !== COMPANION_USER)
      return c.json(parts.chats.history(user_id, companion.id, { before, limit }))
    return c.json(await historyFrom(parts.plugins, companion, { before, limit }))
  })

  routes.delete('/api/chats/:partner', async (c) => {
    const { user_id, memories } = queryOf(c, removal, assertMayChangeOf)
    const partner = c.req.param('partner')
    if (user_id === COMPANION_USER && partner !== SYSTEM)
      throw problem('conflict', `The plugin of "${partner}" keeps this chat; Core has no word of it`)
    for (const keeper of parts.keepers) await keeper.forget(user_id, partner)
    const removed = await parts.turns.removeChat(user_id, partner)
    const forgotten =
      memories === 'forget'
        ? await parts.memory?.forget(user_id, { selection: { chat: partner } })
        : undefined
    return c.json<z.infer<typeof chatRemoved>>({ ...removed, ...(forgotten && { forgotten }) })
  })

  routes.post('/api/chats/:partner/read', async (c) => {
    await markRead(parts, queryOf(c, whose).user_id, c.req.param('partner'))
    return c.json({ ok: true })
  })

  return routes
}

/** The chats that Core keeps, last message first; then those of which it only knows how far they were read. */
function entriesOf({ chats, marks }: ChatParts, userId: string): ChatEntry[] {
  const known = new Map(marks.of(userId).map((mark) => [mark.partner, mark]))
  const kept = chats.list(userId).map((entry) => ({ ...known.get(entry.partner), ...entry }))
  for (const { partner } of kept) known.delete(partner)
  return [...kept, ...[...known.values()].map(({ partner, read }) => ({ partner, read }))]
}

/** Everything that the chat has by now is read. Where the plugin keeps it, the plugin knows how much that is. */
async function markRead(parts: ChatParts, userId: string, partner: string): Promise<void> {
  const companion = partner === SYSTEM ? undefined : companionOf(parts, partner)
  const isOfPlugin = companion && userId === COMPANION_USER
  const newest = isOfPlugin
    ? await historyFrom(parts.plugins, companion, { before: undefined, limit: 1 })
    : undefined
  await parts.marks.mark(userId, partner, newest && (newest.messages.at(-1)?.seq ?? 0))
  parts.changes.tell({ user_id: userId, partner })
}

/** A person's settings of a companion, kept by its plugin: `/api/companions/{id}/settings`. */
export function companionSettingsRoutes(parts: Pick<ChatParts, 'plugins' | 'companions'>): Hono<Env> {
  const routes = new Hono<Env>()

  routes.get('/api/companions/:id/settings', async (c) => {
    const { user_id } = queryOf(c, whose)
    const companion = companionOf(parts, c.req.param('id'))
    return c.json(
      settingsOf(
        companion,
        await parts.plugins.fetch(companion.plugin_id, 'GET', settingsPath(companion, user_id)),
      ),
    )
  })

  routes.post('/api/companions/:id/settings', async (c) => {
    const { user_id } = queryOf(c, whose)
    const companion = companionOf(parts, c.req.param('id'))
    const body = await readBody(c, settings)
    return c.json(
      settingsOf(
        companion,
        await parts.plugins.fetch(companion.plugin_id, 'POST', settingsPath(companion, user_id), body),
      ),
    )
  })

  return routes
}

function settingsOf({ id }: CompanionConfig, answer: unknown): Record<string, unknown> {
  if (answer === undefined) throw problem('not_found', `setting of the companion "${id}"`)
  return check(answer, settings, 'plugin_answer')
}

function queryOf<Schema extends typeof whose>(
  c: Context<Env>,
  schema: Schema,
  assertMay: typeof assertMayReadOf = assertMayReadOf,
): z.output<Schema> {
  const values = check(c.req.query(), schema, 'body_invalid')
  assertMay(c.get('caller'), values.user_id)
  return values
}

function companionOf({ companions }: Pick<ChatParts, 'companions'>, id: string): CompanionConfig {
  const found = companions().find((companion) => companion.id === id)
  if (!found) throw problem('companion_unknown', id)
  return found
}
