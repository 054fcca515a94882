import type { GenerateResponse, ModelMessage, ResponseFormat, Tool, ToolCall, Usage } from '#contract'

/** Whose fault it is when a model does not answer. */
export type ModelFault =
  | 'refused'
  | 'auth'
  | 'busy'
  | 'too_long'
  | 'bad_answer'
  | 'cut'
  | 'timeout'
  | 'stopped'

/** The one error of the model port. `detail` is a short sentence for people, without keys and prompts. */
export class ModelError extends Error {
  readonly fault: ModelFault
  /** Seconds to wait, when the endpoint said so (429). */
  readonly retryAfter: number | undefined

  constructor(
    fault: ModelFault,
    detail: string,
    options: { cause?: unknown; retryAfter?: number | undefined } = {},
  ) {
    super(detail, options.cause === undefined ? {} : { cause: options.cause })
    this.name = 'ModelError'
    this.fault = fault
    this.retryAfter = options.retryAfter
  }
}

export interface ModelOptions {
  readonly tools?: readonly Tool[] | undefined
  readonly format?: ResponseFormat | undefined
  readonly signal?: AbortSignal | undefined
}

export type ModelEvent =
  | { readonly type: 'text'; readonly text: string }
  /** A whole call, once its arguments are complete. */
  | { readonly type: 'tool_call'; readonly call: ToolCall }
  | { readonly type: 'usage'; readonly usage: Usage }

/** A language model. Ends normally only after a whole answer; everything else throws a ModelError. */
export interface Model {
  readonly name: string
  stream(messages: readonly ModelMessage[], options?: ModelOptions): AsyncIterable<ModelEvent>
}

/** The models of core.yml, or the one found on this machine, or builtin. */
export interface Models {
  /** The model to use now: a fallback chain over what is configured or found, else builtin. `name` picks one of the chain. */
  pick(name?: string | null): Model
  /** For `/ready`, the page and the start-up text. */
  status(): { kind: 'configured' | 'found' | 'builtin'; name: string }
  close(): Promise<void>
}

/** Collects a whole answer; `onText` sees the words as they come. */
export async function generate(
  model: Model,
  messages: readonly ModelMessage[],
  options: ModelOptions & { onText?: ((text: string) => void) | undefined } = {},
): Promise<GenerateResponse> {
  const answer: { text: string; tool_calls: ToolCall[]; usage?: Usage } = { text: '', tool_calls: [] }
  for await (const event of model.stream(messages, options)) {
    if (event.type === 'text') {
      answer.text += event.text
      options.onText?.(event.text)
    } else if (event.type === 'tool_call') answer.tool_calls.push(event.call)
    else answer.usage = event.usage
  }
  return {
    text: answer.text,
    ...(answer.tool_calls.length > 0 && { tool_calls: answer.tool_calls }),
    ...(answer.usage && { usage: answer.usage }),
  }
}
