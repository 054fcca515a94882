import { z } from 'zod'

/** One route of Core as the OpenAPI document describes it. */
export interface Route {
  /** `POST /api/plugins/{id}/restart` */
  readonly route: string
  readonly about: string
  readonly query?: z.ZodObject
  readonly body?: z.ZodType
  /** Undefined: it answers as server-sent events alone. */
  readonly answer: z.ZodType | undefined
  readonly status?: 201
  /** Answers as server-sent events when asked to: what one of them carries. */
  readonly events?: z.ZodType
  /** What 202 brings, when the work goes on. */
  readonly accepted?: z.ZodType
  /** The body or the answer is one JSON document a line. */
  readonly lines?: true
  /** The body is a file as it is. */
  readonly bytes?: true
  /** The answer is a file as it is. */
  readonly file?: true
  /** Needs no key. */
  readonly open?: true
}

/** An answer that only says that it was done. */
export const done = z.object({ ok: z.literal(true) })
