import { type Context, Hono } from 'hono'
import { z } from 'zod'
import {
  COMPANION_USER,
  type KnowledgeFile,
  type knowledgeList,
  MAX_ID,
  type MemoriesRemoved,
} from '#contract'
import { problem } from '../errors.ts'
import type { Knowledge } from '../knowledge/knowledge.ts'
import { assertMayChangeOf, assertMayReadOf } from '../users/rights.ts'
import { knowledgeFolder } from '../workspace/workspace.ts'
import { check, readBytes } from './body.ts'
import type { Env } from './env.ts'

export const whose = z.strictObject({ user_id: z.string().min(1).max(MAX_ID).optional() })

/**
 * The files that a person keeps for Core to read: `/api/knowledge`, for that person and for the owner.
 * @param knowledge undefined when memory is off in core.yml
 * @param known whether there is such a user; folders are made for nobody else
 */
export function knowledgeRoutes({
  knowledge,
  known,
}: {
  knowledge: Knowledge | undefined
  known: (userId: string) => boolean
}): Hono<Env> {
  function scope(c: Context<Env>, change = false): { knowledge: Knowledge; userId: string } {
    const caller = c.get('caller')
    const { user_id } = check(c.req.query(), whose, 'body_invalid')
    const userId = user_id ?? (caller.kind === 'user' ? caller.user_id : COMPANION_USER)
    if (change) assertMayChangeOf(caller, userId)
    else assertMayReadOf(caller, userId)
    if (!known(userId)) throw problem('not_found', `user "${userId}"`)
    if (!knowledge) throw problem('conflict', 'The memory is off. Set memory.enabled in config/core.yml')
    return { knowledge, userId }
  }

  return new Hono<Env>()
    .get('/api/knowledge', async (c) => {
      const { knowledge, userId } = scope(c)
      const files = await knowledge.files(userId)
      return c.json<z.infer<typeof knowledgeList>>({ folder: knowledgeFolder('workspace', userId), files })
    })
    .put('/api/knowledge/:name', async (c) => {
      const { knowledge, userId } = scope(c, true)
      const file = await knowledge.store(userId, c.req.param('name'), await readBytes(c))
      return c.json<KnowledgeFile>(file, 201)
    })
    .delete('/api/knowledge/:name', async (c) => {
      const { knowledge, userId } = scope(c, true)
      const name = c.req.param('name')
      const removed = await knowledge.remove(userId, name)
      if (!removed) throw problem('not_found', `file "${name}"`)
      return c.json<MemoriesRemoved>(removed)
    })
}
