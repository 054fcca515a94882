import { Hono } from 'hono'
import type { MemoryStatus } from '#contract'
import { problem } from '../errors.ts'
import type { Memory } from '../memory/memory.ts'
import type { Env } from './env.ts'

/** `GET /api/memory/status`, for the owner and for people. @param memory undefined when memory is off in core.yml */
export function memoryStatusRoutes({ memory }: { memory: Memory | undefined }): Hono<Env> {
  return new Hono<Env>().get('/api/memory/status', (c) => {
    const { kind } = c.var.caller
    if (kind !== 'owner' && kind !== 'user')
      throw problem('not_allowed', `This ${kind} token may not see that`)
    return c.json<MemoryStatus>(memory?.status() ?? OFF)
  })
}

const OFF: MemoryStatus = { enabled: false, embedder: null, waiting: 0 }
