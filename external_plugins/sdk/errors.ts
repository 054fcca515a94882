/** Faults of a plugin that its caller is told about, with their HTTP status. Anything else thrown is a bug. */
const statuses = {
  /** The answer of a run that could not be given. In a run it becomes `success: false`. */
  failed: 502,
  stopping: 503,
  timeout: 504,
  key_missing: 401,
  not_found: 404,
  conflict: 409,
  body_invalid: 422,
  body_not_json: 422,
  body_too_large: 413,
  config_invalid: 422,
  port_taken: 409,
} as const satisfies Record<string, number>
export type PluginCode = keyof typeof statuses

/** Something went wrong that the caller can be told about: `message` is shown as it is. */
export class PluginError extends Error {
  readonly code: PluginCode
  readonly status: (typeof statuses)[PluginCode]
  readonly errors: { path: string; message: string }[] | undefined

  constructor(
    code: PluginCode,
    message: string,
    options: { cause?: unknown; errors?: { path: string; message: string }[] } = {},
  ) {
    super(message, options.cause === undefined ? {} : { cause: options.cause })
    this.name = 'PluginError'
    this.code = code
    this.status = statuses[code]
    this.errors = options.errors
  }
}

/**
 * Core did not do what it was asked to. `code` is that of Core's problem (`model_failed`, `not_allowed` …), or
 * `core_unreachable`, `core_timeout`, `core_answer` (against the contract), `memory_off`, `stopped` (the caller's signal).
 */
export class CoreError extends Error {
  readonly code: string
  /** HTTP status of Core's answer, when there was one. */
  readonly status: number | undefined

  constructor(code: string, message: string, options: { cause?: unknown; status?: number } = {}) {
    super(message, options.cause === undefined ? {} : { cause: options.cause })
    this.name = 'CoreError'
    this.code = code
    this.status = options.status
  }
}
