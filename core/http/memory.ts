import { type Context, Hono } from 'hono'
import {
  type MemorySource,
  memoryAddRequest,
  type memoryAddResponse,
  memorySearchRequest,
  type memorySearchResponse,
} from '#contract'
import type { z } from 'zod'
import type { Knowledge } from '../knowledge/knowledge.ts'
import type { Memory } from '../memory/memory.ts'
import { grantMissing } from '../users/rights.ts'
import { readBody } from './body.ts'
import type { Caller, Env } from './env.ts'

type Asked = z.output<typeof memoryAddRequest> | z.output<typeof memorySearchRequest>

/**
 * The memory of a namespace, for plugins and the owner (design section 11).
 * @param memory undefined when memory is off in core.yml
 * @param knowledge the files of whoever's namespace it is are found, too
 * @param mayUse whether this caller was granted this namespace, perhaps for the turn of this token alone
 */
export function memoryRoutes({
  memory,
  knowledge,
  mayUse,
}: {
  memory: Memory | undefined
  knowledge?: Knowledge | undefined
  mayUse(caller: Caller, namespace: string, turnToken: string | undefined): boolean
}): Hono<Env> {
  /** @throws Problem `grant_missing` */
  function assertAllowed(c: Context<Env>, { user_id, turn_token }: Asked): void {
    c.set('about', user_id)
    const { caller } = c.var
    if (mayUse(caller, user_id, turn_token)) return
    const when =
      turn_token === undefined ? '' : ' after the turn of that token, or in the turn of somebody else'
    throw grantMissing(
      caller,
      `use the memory of "${user_id}"${when}`,
      `memory: [${JSON.stringify(user_id)}]`,
    )
  }

  return new Hono<Env>()
    .post('/api/plugins/memory/add', async (c) => {
      const wanted = await readBody(c, memoryAddRequest)
      assertAllowed(c, wanted)
      const { user_id, text, app_id, user_name, metadata } = wanted
      if (!memory)
        return c.json<z.infer<typeof memoryAddResponse>>({ ok: false, error: 'Memory not enabled' })
      const source = sourceOf(c.var.caller, user_name)
      const { id } = await memory.add({ namespace: user_id, text, app_id, metadata, source })
      return c.json<z.infer<typeof memoryAddResponse>>({ ok: true, id })
    })
    .post('/api/plugins/memory/search', async (c) => {
      const wanted = await readBody(c, memorySearchRequest)
      assertAllowed(c, wanted)
      const { user_id, query, limit, by } = wanted
      const found = await Promise.all([
        memory?.search({ namespace: user_id, text: query, limit, by }),
        knowledge?.search(user_id, query, limit),
      ])
      const memories = found
        .flatMap((some) => some ?? [])
        .toSorted((one, other) => other.score - one.score)
        .slice(0, limit)
      return c.json<z.infer<typeof memorySearchResponse>>({ memories })
    })
}

function sourceOf(caller: Caller, speaker: string | null | undefined): MemorySource {
  const kind = caller.kind === 'plugin' ? 'plugin' : 'person'
  return { kind, id: nameOf(caller), ...(speaker && { speaker }) }
}

function nameOf(caller: Caller): string {
  if (caller.kind === 'plugin') return caller.plugin_id
  if (caller.kind === 'user') return caller.user_id
  return caller.kind === 'channel' ? caller.channel : 'owner'
}
