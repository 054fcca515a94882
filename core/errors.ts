import { format } from 'node:util'
import type { ProblemDocument } from '#contract'
import type { Log } from './log.ts'

/** Every error that a client may see: HTTP status and what happened, to what, and what to do. Anything else is a bug. */
export const codes = {
  message_invalid: [422, 'The message is not valid: %s'],
  body_invalid: [422, 'The body is not valid: %s'],
  body_not_json: [422, 'The body is not JSON: %s'],
  body_too_large: [413, 'The body is larger than %s. Send less, or in parts'],
  body_too_deep: [422, 'The body is nested more than %s levels deep'],
  message_changed: [
    409,
    'The message id "%s" was used before for another text. Send a new id for a new message',
  ],
  key_missing: [
    401,
    'No valid key. Send the owner key as "X-API-Key" or "Authorization: Bearer": it is auth_api_key of config/core.yml, or, when that is empty, in database/owner.key',
  ],
  code_wrong: [401, 'The user or the pass code is not right'],
  too_many_tries: [429, 'Too many tries with a wrong code. Try again in %s s'],
  host_refused: [
    403,
    'The host name "%s" is not one of this Core. Add it to allowed_hosts in config/core.yml',
  ],
  origin_refused: [403, 'A page of "%s" may not use this Core'],
  job_invalid: [422, 'The job is not valid: %s'],
  sender_unknown: [403, 'The sender "%s" is not known here. Ask the owner to add it to config/user.yml'],
  sender_not_permitted: [
    403,
    'The user "%s" may not write through the channel "%s". The owner can change "permissions" in config/user.yml',
  ],
  not_allowed: [403, '%s'],
  grant_missing: [
    403,
    'The plugin "%s" may not %s. The owner can grant it in config/core.yml: plugins.%s.%s',
  ],
  budget_spent: [
    403,
    'The plugin "%s" has used its %s of the language model for today. The owner can grant more in config/core.yml: plugins.%s.model.%s',
  ],
  nudge_refused: [403, 'The companion "%s" may not write first to "%s" now: %s'],
  not_found: [404, 'There is no %s'],
  conflict: [409, '%s'],
  companion_unknown: [404, 'There is no companion "%s" in config/core.yml'],
  plugin_unknown: [404, 'There is no plugin "%s"'],
  plugin_offline: [503, '%s is not running'],
  plugin_failed: [502, '%s could not answer: %s'],
  plugin_refused: [422, '%s does not take this: %s'],
  plugin_answer: [502, '%s answered with something that the contract does not allow: %s'],
  model_failed: [502, 'The language model did not answer: %s. Your message is kept; send it again later'],
  storage_failed: [507, 'Nothing was stored: %s. Free some space or check the disk, then send it again'],
  config_invalid: [422, '%s'],
  internal: [500, 'Internal error. The log of Core says more'],
  stopping: [503, 'Core is stopping. Send it again in a moment'],
  cancelled: [409, 'This was stopped before it was answered'],
  interrupted: [503, 'Core stopped before this was answered. Send it again'],
} as const satisfies Record<string, readonly [number, string]>
export type Code = keyof typeof codes

/** The one error class: something went wrong that the person or the client can be told about. */
export class Problem extends Error {
  readonly code: Code
  readonly status: number
  readonly errors: { path: string; message: string }[] | undefined
  /** Seconds after which it may go better. */
  readonly retryAfter: number | undefined

  constructor(
    code: Code,
    args: readonly string[],
    options: { cause?: unknown; errors?: { path: string; message: string }[]; retryAfter?: number } = {},
  ) {
    super(format(codes[code][1], ...args), options.cause === undefined ? {} : { cause: options.cause })
    this.name = 'Problem'
    this.code = code
    this.status = codes[code][0]
    this.errors = options.errors
    this.retryAfter = options.retryAfter
  }
}

/** `throw problem('plugin_unknown', 'x')` */
export const problem = (code: Code, ...args: string[]): Problem => new Problem(code, args)

/** The same with the error that led to it; it goes to the log, not to the client. */
export const problemFrom = (cause: unknown, code: Code, ...args: string[]): Problem =>
  new Problem(code, args, { cause })

/** The wire form (RFC 9457). What is no Problem is a bug: nothing of it goes out. */
export function toDocument(thrown: unknown): ProblemDocument {
  const error = thrown instanceof Problem ? thrown : problem('internal')
  return {
    type: 'about:blank',
    title: error.code.replaceAll('_', ' '),
    status: error.status,
    detail: error.message,
    code: error.code,
    error: error.message,
    text: '',
    ...(error.errors && { errors: error.errors }),
  }
}

/** The same, and the log learns of it: for the borders, where an error leaves Core. The stack of a bug goes there alone. */
export function describeError(error: unknown, log: Log): ProblemDocument {
  const document = toDocument(error)
  if (!(error instanceof Problem)) log.error({ err: error }, 'a bug')
  else if (error.status >= 500)
    log.warn({ code: error.code, cause: String(error.cause ?? '') }, 'a request failed')
  return document
}

/** Whether the fault lies in the machine (a port, a folder, a disk): then its message says all, and a stack nothing. */
export function isOfMachine(error: unknown): error is Error {
  if (!(error instanceof Error)) return false
  const { code } = (error.cause ?? error) as { code?: unknown }
  return /^(E[A-Z0-9]+|SQLITE_(?!ERROR).*)$/.test(String(code))
}
