import { Hono } from 'hono'
import {
  type MemorySource,
  memoryAddRequest,
  type memoryAddResponse,
  memorySearchRequest,
  type memorySearchResponse,
} from '#contract'
import type { z } from 'zod'
import type { Memory } from '../memory/memory.ts'
import { grantMissing } from '../users/rights.ts'
import { readBody } from './body.ts'
import type { Caller, Env } from './env.ts'

/**
 * The memory of a namespace, for plugins and the owner (design section 11).
 * @param memory undefined when memory is off in core.yml
 * @param mayUse whether this caller was granted this namespace
 */
export function memoryRoutes({
  memory,
  mayUse,
}: {
  memory: Memory | undefined
  mayUse(caller: Caller, namespace: string): boolean
}): Hono<Env> {
  function assertAllowed(caller: Caller, namespace: string): void {
    if (mayUse(caller, namespace)) return
    throw grantMissing(caller, `use the memory of "${namespace}"`, `memory: [${JSON.stringify(namespace)}]`)
  }

  return new Hono<Env>()
    .post('/api/plugins/memory/add', async (c) => {
      const { user_id, text, app_id, user_name, metadata } = await readBody(c, memoryAddRequest)
      assertAllowed(c.var.caller, user_id)
      if (!memory)
        return c.json<z.infer<typeof memoryAddResponse>>({ ok: false, error: 'Memory not enabled' })
      const source = sourceOf(c.var.caller, user_name)
      const { id } = await memory.add({ namespace: user_id, text, app_id, metadata, source })
      return c.json<z.infer<typeof memoryAddResponse>>({ ok: true, id })
    })
    .post('/api/plugins/memory/search', async (c) => {
      const { user_id, query, limit } = await readBody(c, memorySearchRequest)
      assertAllowed(c.var.caller, user_id)
      const memories = memory ? await memory.search({ namespace: user_id, text: query, limit }) : []
      return c.json<z.infer<typeof memorySearchResponse>>({ memories })
    })
}

function sourceOf(caller: Caller, speaker: string | null | undefined): MemorySource {
  return { kind: 'plugin', id: nameOf(caller), ...(speaker && { speaker }) }
}

function nameOf(caller: Caller): string {
  if (caller.kind === 'plugin') return caller.plugin_id
  if (caller.kind === 'user') return caller.user_id
  return caller.kind === 'channel' ? caller.channel : 'owner'
}
