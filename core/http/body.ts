import type { Context } from 'hono'
import { getRawBody } from 'raw-body'
import { parse as parseSafely } from 'secure-json-parse'
import type { z } from 'zod'
import { type Code, Problem, problem, problemFrom } from '../errors.ts'
import type { Env } from './env.ts'

/** Largest body of any request. Attachments come inside of it, as data: URLs. */
export const MAX_BODY = 32 * 1024 * 1024
/** Deepest nesting of a body; every level costs stack in whoever walks it. */
const MAX_DEPTH = 64

/**
 * Reads, bounds, parses and checks a JSON body. `__proto__` and `constructor.prototype` are dropped.
 * @param code the problem of a body that does not fit the schema: `message_invalid` or `body_invalid`
 */
export async function readBody<Schema extends z.ZodType>(
  c: Context<Env>,
  schema: Schema,
  code: Code = 'body_invalid',
): Promise<z.output<Schema>> {
  return check(parseJson(await readText(c)), schema, code)
}

/** Checks what came in; all faults in one problem, each with its path. */
export function check<Schema extends z.ZodType>(
  value: unknown,
  schema: Schema,
  code: Code,
): z.output<Schema> {
  const result = schema.safeParse(value)
  if (result.success) return result.data
  const errors = result.error.issues.map(({ path, message }) => ({ path: path.join('.'), message }))
  throw new Problem(
    code,
    [errors.map(({ path, message }) => (path ? `${path}: ${message}` : message)).join('; ')],
    { errors },
  )
}

/** @throws Problem `body_not_json`, `body_too_deep` */
export function parseJson(text: string): unknown {
  if (depthOf(text) > MAX_DEPTH) throw problem('body_too_deep', String(MAX_DEPTH))
  try {
    return parseSafely(text, null, { protoAction: 'remove', constructorAction: 'remove' })
  } catch (cause) {
    throw problemFrom(cause, 'body_not_json', (cause as Error).message)
  }
}

/** The body as text. @throws Problem `body_too_large`, `body_invalid` */
export const readText = async (c: Context<Env>): Promise<string> =>
  (await readBytes(c)).toString('utf8').replace(/^\uFEFF/, '')

/** The body as it came. @throws Problem `body_too_large`, `body_invalid` */
export async function readBytes({ env: { incoming } }: Context<Env>): Promise<Buffer> {
  try {
    return await getRawBody(incoming, {
      limit: MAX_BODY,
      length: incoming.headers['content-length'] ?? null,
    })
  } catch (cause) {
    if ((cause as { type?: string }).type === 'entity.too.large') {
      throw problemFrom(cause, 'body_too_large', `${MAX_BODY / 1024 / 1024} MB`)
    }
    throw problemFrom(cause, 'body_invalid', (cause as Error).message)
  }
}

/** The deepest nesting of arrays and objects in a JSON text, without parsing it. */
function depthOf(text: string): number {
  let depth = 0
  let deepest = 0
  let inString = false
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (inString) {
      if (code === 0x5c) at++
      else if (code === 0x22) inString = false
    } else if (code === 0x22) inString = true
    else if (code === 0x7b || code === 0x5b) deepest = Math.max(deepest, ++depth)
    else if (code === 0x7d || code === 0x5d) depth--
  }
  return deepest
}
