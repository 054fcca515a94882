import type { HttpBindings } from '@hono/node-server'
import type { Context } from 'hono'
import { getRawBody } from 'raw-body'
import { parse } from 'secure-json-parse'
import type { z } from 'zod'
import { PluginError } from './errors.ts'

/** Largest body that is read: a full history of the longest messages fits. */
const MAX_BODY = 16 * 1024 * 1024

/**
 * Reads and checks a JSON body; `__proto__` is dropped.
 * @throws PluginError `body_too_large`, `body_not_json`, `body_invalid` with all faults
 */
export async function readBody<Schema extends z.ZodType>(
  c: Context<{ Bindings: HttpBindings }>,
  schema: Schema,
): Promise<z.output<Schema>> {
  const result = schema.safeParse(parseJson(await readText(c)))
  if (result.success) return result.data
  const errors = result.error.issues.map(({ path, message }) => ({ path: path.join('.'), message }))
  const text = errors.map(({ path, message }) => (path ? `${path}: ${message}` : message)).join('; ')
  throw new PluginError('body_invalid', `The body is not valid: ${text}`, { errors })
}

async function readText({ env }: Context<{ Bindings: HttpBindings }>): Promise<string> {
  const length = env.incoming.headers['content-length'] ?? null
  try {
    return await getRawBody(env.incoming, { limit: MAX_BODY, length, encoding: 'utf-8' })
  } catch (cause) {
    if (cause instanceof Error && 'type' in cause && cause.type === 'entity.too.large')
      throw new PluginError('body_too_large', `The body is larger than ${MAX_BODY / 1024 / 1024} MB`, {
        cause,
      })
    throw new PluginError('body_invalid', 'The body could not be read', { cause })
  }
}

/** The parser's own words quote the body, so they stay out of the answer. */
function parseJson(text: string): unknown {
  try {
    return parse(text, null, { protoAction: 'remove', constructorAction: 'remove' })
  } catch (cause) {
    throw new PluginError('body_not_json', 'The body is not JSON', { cause })
  }
}
