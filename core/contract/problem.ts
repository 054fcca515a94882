import { z } from 'zod'

/** An error on the wire (RFC 9457, `application/problem+json`), with `error` and `text` for clients of upstream. */
export const problemDocument = z.object({
  type: z.string().describe('`about:blank`, or the address of a description'),
  title: z.string().describe('The code in words'),
  status: z.number(),
  detail: z.string().describe('What happened, to what, and what to do'),
  code: z.string().describe('Stable name from the table in docs/protocol.md'),
  error: z.string().describe('The same as `detail`'),
  text: z.literal(''),
  errors: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
})
export type ProblemDocument = z.infer<typeof problemDocument>
