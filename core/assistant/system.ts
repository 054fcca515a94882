import type { ModelMessage, ToolCall } from '#contract'
import { problemFrom } from '../errors.ts'
import type { Log } from '../log.ts'
import type { Knowledge } from '../knowledge/knowledge.ts'
import type { Memory } from '../memory/memory.ts'
import { BUILTIN } from '../model/builtin.ts'
import { generate, type Model, ModelError, type Models } from '../model/model.ts'
import type { Jobs } from '../schedule/jobs.ts'
import type { Assistant, Question } from './assistant.ts'
import type { Capabilities } from './capabilities.ts'
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

/** `memory` undefined = memory is off: none of its tools are offered. */
export function createAssistant({
  models,
  memory,
  knowledge,
  jobs,
  timeZoneOf,
  capabilities,
  prompts,
  log,
  now,
}: {
  models: Models
  memory: Memory | undefined
  knowledge?: Knowledge | undefined
  jobs: Jobs
  /** Where a person is. */
  timeZoneOf: (userId: string) => string
  capabilities: Capabilities
  prompts: Prompts
  log: Log
  now: () => Date
}): Assistant {
  async function answer(
    question: Question,
    listener: Listener,
    { model, tools, section }: { model: Model; tools: Tools; section: string },
  ): Promise<string> {
    const template = prompts.system()
    const here = { now: now(), timeZone: timeZoneOf(question.person.id) }
    const compose = (history = question.history): ModelMessage[] =>
      withSection(toMessages(template, question, here, history), section)
    const talk = createTalk(model, tools, listener)
    try {
      return await talk.run(compose())
    } catch (error) {
      const tooLong = error instanceof ModelError && error.fault === 'too_long'
      if (!tooLong || talk.begun() || question.history.length === 0) throw error
      log.info(
        { turn: question.turn_id, model: model.name },
        'assistant: too long, asked again without history',
      )
      return createTalk(model, tools, listener).run(compose([]))
    }
  }

  return {
    async answer(question, listener) {
      const model = models.pick()
      const timeZone = timeZoneOf(question.person.id)
      const plugins = capabilities.for(question, { model, signal: listener.signal })
      const tools = createTools({ memory, knowledge, jobs, plugins, question, timeZone, now, log })
      try {
        const text = await answer(question, listener, { model, tools, section: plugins.section })
        await plugins.settle()
        const { images, ui } = plugins.shown()
        return {
          text,
          format: model.name === BUILTIN ? 'plain' : 'markdown',
          tools: tools.used(),
          forgot: tools.forgot() || (model.name === BUILTIN && plugins.used()),
          ...(images.length > 0 && { images }),
          ...(ui.length > 0 && { ui }),
        }
      } catch (cause) {
        if (!(cause instanceof ModelError)) throw cause
        log.warn({ turn: question.turn_id, model: model.name, fault: cause.fault }, 'assistant: no answer')
        throw problemFrom(cause, 'model_failed', cause.message)
      }
    },
  }
}

/** At the end of the system prompt, which comes first. */
const withSection = (messages: ModelMessage[], section: string): ModelMessage[] =>
  section === ''
    ? messages
    : messages.map((message) =>
        message.role === 'system' ? { ...message, content: `${message.content}\n\n${section}` } : message,
      )

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
