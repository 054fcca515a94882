import { z } from 'zod'
import type { ModelMessage, ResponseFormat } from '#contract'
import type { ModelOptions } from './model.ts'

const text = z.string().nullish()

const call = z.object({
  index: z.number().nullish(),
  id: text,
  function: z
    .object({
      name: text,
      arguments: z.unknown().optional().describe('JSON text; Ollama sent an object for a while'),
    })
    .nullish(),
})

/** `delta` of a streamed part and `message` of a whole answer are read alike. */
const said = z.object({
  content: text,
  tool_calls: z.array(call).nullish(),
  reasoning_content: text.describe('llama.cpp, vLLM, DeepSeek'),
  reasoning: text.describe('Ollama, OpenRouter'),
})

/** A part of a streamed answer, or a whole one; every field that an endpoint may leave out is optional. */
export const answerPart = z.object({
  choices: z
    .array(z.object({ delta: said.nullish(), message: said.nullish(), finish_reason: text }))
    .nullish(),
  usage: z.object({ prompt_tokens: z.number(), completion_tokens: z.number() }).nullish().catch(undefined),
  error: z.unknown().optional(),
})
export type AnswerPart = z.infer<typeof answerPart>
export type AnswerPartInput = z.input<typeof answerPart>
export type CallPart = z.infer<typeof call>

/** `GET /models` */
export const modelList = z.object({ data: z.array(z.object({ id: z.string() })) })

/** What is sent to `/chat/completions`. Checked against the types of OpenAI's own client in the contract suite. */
export function toRequestBody(name: string, messages: readonly ModelMessage[], options: ModelOptions) {
  return {
    model: name,
    messages: messages.map(toWire),
    stream: true as const,
    stream_options: { include_usage: true },
    ...(options.tools && options.tools.length > 0 && { tools: [...options.tools] }),
    ...(options.format && { response_format: formatOf(options.format) }),
  }
}

function toWire(message: ModelMessage) {
  const { role, content, tool_calls, tool_call_id } = message
  if (role === 'tool') return { role, content, tool_call_id: tool_call_id ?? '' }
  if (role === 'assistant' && tool_calls && tool_calls.length > 0) return { role, content, tool_calls }
  return { role, content }
}

function formatOf(format: ResponseFormat) {
  if (format.type !== 'json_schema') return { type: format.type }
  const { name, schema, strict } = format.json_schema
  return { type: format.type, json_schema: { name, schema, ...(strict !== undefined && { strict }) } }
}
