import { type Context, Hono } from 'hono'
import { stream } from 'hono/streaming'
import { z } from 'zod'
import {
  COMPANION_USER,
  MAX_ID,
  MAX_TEXT,
  type memoriesImported,
  type MemoriesRemoved,
  memoryChanges,
  type MemoryEntry,
  type MemoryPage,
  memorySelection,
} from '#contract'
import { problem } from '../errors.ts'
import type { Memory } from '../memory/memory.ts'
import { assertMayChangeOf, assertMayReadOf } from '../users/rights.ts'
import { check, readBody, readText } from './body.ts'
import type { Env } from './env.ts'
import { parseEntries } from './memory-lines.ts'

/** Memories of one step of an export. */
const STEP = 200
/** Most memories that a search looks at; the selection is among these. */
const MOST_FOUND = 200

export const whose = z.strictObject({ user_id: z.string().min(1).max(MAX_ID).optional() })
export const page = whose.extend({
  ...memorySelection.shape,
  q: z.string().min(1).max(MAX_TEXT).optional(),
  before: z.coerce.number().int().positive().optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
})
/** Strict: a filter that is mistyped must not widen what is deleted. */
export const doomed = whose
  .extend({ ...memorySelection.shape, all: z.literal('true').optional() })
  .refine(
    ({ chat, plugin, from, to, all }) => [chat, plugin, from, to, all].some((one) => one !== undefined),
    {
      message: 'say which: chat, plugin, from, to, or all=true',
    },
  )

/**
 * What is remembered of a person, for that person and for the owner: `/api/memories`. The owner may name any namespace
 * as `user_id`; without one it is that of the caller, for the owner that of `companion`.
 * @param memory undefined when memory is off in core.yml
 */
export function memoriesRoutes(memory: Memory | undefined): Hono<Env> {
  /** Whose memory a request is about. */
  function scope<Schema extends typeof whose>(c: Context<Env>, schema: Schema, change = false) {
    const query = check(c.req.query(), schema, 'body_invalid')
    const caller = c.get('caller')
    const namespace = query.user_id ?? (caller.kind === 'user' ? caller.user_id : COMPANION_USER)
    if (change) assertMayChangeOf(caller, namespace)
    else assertMayReadOf(caller, namespace)
    if (!memory) throw problem('conflict', 'The memory is off. Set memory.enabled in config/core.yml')
    return { memory, namespace, query }
  }

  return new Hono<Env>()
    .get('/api/memories', async (c) => {
      const { memory, namespace, query } = scope(c, page)
      const { q, before, limit, ...selection } = query
      if (q === undefined) return c.json<MemoryPage>(memory.list(namespace, { selection, before, limit }))
      const found = await memory.search({ namespace, text: q, limit: MOST_FOUND })
      const memories = found.flatMap(({ id, score }) => {
        const entry = memory.get(namespace, id)
        return entry && fits(entry, selection) ? [{ ...entry, score }] : []
      })
      return c.json<MemoryPage>({ memories: memories.slice(0, limit) })
    })
    .get('/api/memories/export', (c) => {
      const { memory, namespace, query } = scope(c, whose.extend(memorySelection.shape))
      c.header('Content-Type', 'application/x-ndjson')
      c.header('Content-Disposition', 'attachment; filename="memories.jsonl"')
      return stream(c, async (out) => {
        let before: number | undefined
        do {
          const { memories, next } = memory.list(namespace, { selection: query, before, limit: STEP })
          await out.write(memories.map((entry) => `${JSON.stringify(entry)}\n`).join(''))
          before = next
        } while (before !== undefined && !out.aborted)
      })
    })
    .post('/api/memories/import', async (c) => {
      const { memory, namespace } = scope(c, whose, true)
      const entries = await parseEntries(await readText(c))
      const imported = await memory.restore(namespace, entries.toReversed())
      return c.json<z.infer<typeof memoriesImported>>(imported)
    })
    .get('/api/memories/:id', (c) => {
      const { memory, namespace } = scope(c, whose)
      return c.json<MemoryEntry>(known(memory.get(namespace, c.req.param('id')), c.req.param('id')))
    })
    .patch('/api/memories/:id', async (c) => {
      const { memory, namespace } = scope(c, whose, true)
      const id = c.req.param('id')
      const { memory: text, superseded_by: by = null } = await readBody(c, memoryChanges)
      const changed =
        text === undefined
          ? await memory.supersede(namespace, id, by)
          : await memory.edit(namespace, id, text)
      return c.json<MemoryEntry>(known(changed, by === null ? id : `${id}" or "${by}`))
    })
    .delete('/api/memories/:id', async (c) => {
      const { memory, namespace } = scope(c, whose, true)
      const id = c.req.param('id')
      const removed = await memory.forget(namespace, { id })
      return c.json<MemoriesRemoved>(known(removed.memories > 0 ? removed : undefined, id))
    })
    .delete('/api/memories', async (c) => {
      const { memory, namespace, query } = scope(c, doomed, true)
      return c.json<MemoriesRemoved>(await memory.forget(namespace, { selection: query }))
    })
}

function fits(
  { source, created_at }: MemoryEntry,
  { chat, plugin, from, to }: z.infer<typeof memorySelection>,
) {
  return (
    (chat === undefined || source.chat === chat) &&
    (plugin === undefined || (source.kind === 'plugin' && source.id === plugin)) &&
    (from === undefined || created_at >= from) &&
    (to === undefined || created_at < to)
  )
}

function known<T>(found: T | undefined, id: string): T {
  if (found === undefined) throw problem('not_found', `memory "${id}"`)
  return found
}
