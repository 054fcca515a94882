import type { ModelMessage, ToolCall } from '#contract'
import { problemFrom } from '../errors.ts'
import type { Log } from '../log.ts'
import type { Memory } from '../memory/memory.ts'
import { BUILTIN } from '../model/builtin.ts'
import { generate, type Model, ModelError, type Models } from '../model/model.ts'
import type { Assistant, Question } from './assistant.ts'
import { type Prompts, toMessages } from './prompt.ts'
import { createTools, type Tools } from './tools.ts'

/** Most times the model is asked for one answer. The last time it gets no tools, so that it has to answer. */
const MAX_ROUNDS = 6
/** Most tool calls of one round that are run. */
const MAX_CALLS = 8

interface Listener {
  readonly onText?: ((text: string) => void) | undefined
  readonly signal: AbortSignal
}

/** `memory` undefined = memory is off: no tools are offered. */
export function createAssistant({
  models,
  memory,
  prompts,
  log,
  now,
}: {
  models: Models
  memory: Memory | undefined
  prompts: Prompts
  log: Log
  now: () => Date
}): Assistant {
  async function answer(question: Question, listener: Listener, model: Model, tools: Tools): Promise<string> {
    const template = prompts.system()
    const messages = toMessages(template, question, now())
    const talk = createTalk(model, tools, listener)
    try {
      return await talk.run(messages)
    } catch (error) {
      const tooLong = error instanceof ModelError && error.fault === 'too_long'
      if (!tooLong || talk.begun() || question.history.length === 0) throw error
      log.info(
        { turn: question.turn_id, model: model.name },
        'assistant: too long, asked again without history',
      )
      return createTalk(model, tools, listener).run(toMessages(template, question, now(), []))
    }
  }

  return {
    async answer(question, listener) {
      const model = models.pick()
      const tools = createTools({ memory, question, now, log })
      try {
        const text = await answer(question, listener, model, tools)
        const format = model.name === BUILTIN ? 'plain' : 'markdown'
        return { text, format, forgot: tools.forgot(), tools: tools.used() }
      } catch (cause) {
        if (!(cause instanceof ModelError)) throw cause
        log.warn({ turn: question.turn_id, model: model.name, fault: cause.fault }, 'assistant: no answer')
        throw problemFrom(cause, 'model_failed', cause.message)
      }
    },
  }
}

/** Asks the model and runs its tools until it answers. What is heard adds up to what is returned. */
function createTalk(model: Model, tools: Tools, { onText, signal }: Listener) {
  let text = ''
  let ran = false

  async function ask(messages: readonly ModelMessage[], last: boolean) {
    let between = text === '' ? '' : '\n\n'
    const hear = (part: string): void => {
      const words = between + part
      between = ''
      text += words
      onText?.(words)
    }
    return generate(model, messages, { tools: last ? [] : tools.offered, signal, onText: hear })
  }

  async function use(calls: readonly ToolCall[]): Promise<ModelMessage[]> {
    ran = true
    const results: ModelMessage[] = []
    for (const [index, call] of calls.entries()) {
      const content = index < MAX_CALLS ? await tools.run(call) : '{"error":"too many calls at once"}'
      results.push({ role: 'tool', tool_call_id: call.id, content })
    }
    return results
  }

  return {
    /** Whether words were heard or a tool was used: then it cannot begin anew. */
    begun: () => text !== '' || ran,
    async run(first: readonly ModelMessage[]): Promise<string> {
      const messages = [...first]
      for (let round = 1; round <= MAX_ROUNDS; round++) {
        const { text: said, tool_calls = [] } = await ask(messages, round === MAX_ROUNDS)
        if (tool_calls.length === 0) return text
        messages.push({ role: 'assistant', content: said, tool_calls }, ...(await use(tool_calls)))
      }
      throw new ModelError('bad_answer', `"${model.name}" used tools again and again and gave no answer`)
    },
  }
}
