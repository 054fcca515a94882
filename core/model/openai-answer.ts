import { randomBytes } from 'node:crypto'
import { createParser } from 'eventsource-parser'
import type { ToolCall, Usage } from '#contract'
import type { Watch } from './deadline.ts'
import { ModelError, type ModelEvent } from './model.ts'
import { type Endpoint, fromErrorPart } from './openai-faults.ts'
import { answerPart, type AnswerPart, type CallPart } from './openai-wire.ts'
import { createThinkingFilter } from './thinking.ts'

/** Most letters of one answer, thinking and arguments included. */
const MAX_ANSWER = 1_000_000
/** Longest single event, and longest answer that comes as one JSON. */
const MAX_EVENT = 4 * MAX_ANSWER

/** Reads a streamed or a whole answer. Ends normally only when it was complete. @throws ModelError */
export async function* readAnswer(
  body: AsyncIterable<Uint8Array>,
  endpoint: Endpoint,
  watch: Watch,
): AsyncGenerator<ModelEvent> {
  const answer = createAnswer(endpoint, watch)
  const parts = createPartReader(endpoint)
  const decoder = new TextDecoder()
  try {
    for await (const bytes of body) {
      yield* answer.take(parts.feed(decoder.decode(bytes, { stream: true })))
    }
  } catch (error) {
    if (!watch.lingered()) throw error
  }
  yield* answer.take(parts.end())
  yield* answer.end()
}

/** What one answer adds up to. */
function createAnswer(endpoint: Endpoint, watch: Watch) {
  const thinking = createThinkingFilter()
  const calls = createCalls()
  let size = 0
  let said = false
  let parts = 0
  let finish: string | undefined
  let usage: Usage | undefined

  function count(letters: number): void {
    if (letters === 0) return
    watch.progress()
    size += letters
    if (size > MAX_ANSWER) throw tooLarge(endpoint)
  }

  function show(text: string): string {
    if (text.trim() !== '') said = true
    return text
  }

  function assertWhole(hasCalls: boolean): void {
    const { host } = endpoint
    if (parts === 0)
      throw new ModelError('bad_answer', `${host} answered with nothing that is a model's answer`)
    if (finish === undefined) throw new ModelError('cut', `${host} broke off in the middle of the answer`)
    if (finish === 'error') throw new ModelError('bad_answer', `${host} ended the answer with an error`)
    if (said || hasCalls) return
    const why = finish === 'content_filter' ? ': its filter held the answer back' : ''
    throw new ModelError('bad_answer', `${host} gave an empty answer${why}`)
  }

  /** Returns the words to show. */
  function read(part: AnswerPart | 'done'): string {
    parts++
    if (part === 'done') {
      finish ??= 'stop'
      watch.complete()
      return ''
    }
    if (part.error !== undefined && part.error !== null) throw fromErrorPart(part.error, endpoint)
    if (part.usage) usage = part.usage
    const choice = part.choices?.[0]
    const words = choice?.delta ?? choice?.message
    const text = words?.content ?? ''
    count(text.length + (words?.reasoning_content ?? words?.reasoning ?? '').length)
    for (const call of words?.tool_calls ?? []) count(calls.take(call))
    if (choice?.finish_reason) {
      finish = choice.finish_reason
      watch.complete()
    }
    return show(thinking.push(text))
  }

  return {
    *take(found: readonly (AnswerPart | 'done')[]): Generator<ModelEvent> {
      for (const part of found) {
        const text = read(part)
        if (text) yield { type: 'text', text }
      }
    },
    *end(): Generator<ModelEvent> {
      const rest = show(thinking.end())
      const whole = calls.list(endpoint)
      assertWhole(whole.length > 0)
      if (rest) yield { type: 'text', text: rest }
      for (const call of whole) yield { type: 'tool_call', call }
      if (usage) yield { type: 'usage', usage }
    },
  }
}

interface OpenCall {
  index: number | undefined
  id: string
  name: string
  text: string
}

/** Puts tool calls together from parts with an index, without one, with the same one for all, or whole. */
function createCalls() {
  const open: OpenCall[] = []

  function find(part: CallPart): OpenCall | undefined {
    const sameId = part.id ? open.find((call) => call.id === part.id) : undefined
    if (sameId) return sameId
    const starts = Boolean(part.function?.name)
    if (typeof part.index !== 'number') return starts ? undefined : open.at(-1)
    const sameIndex = open.findLast((call) => call.index === part.index)
    const another = starts && part.id && sameIndex?.id && sameIndex.id !== part.id
    return another ? undefined : sameIndex
  }

  return {
    /** Returns how many letters were added. */
    take(part: CallPart): number {
      const known = find(part)
      const call = known ?? { index: part.index ?? undefined, id: '', name: '', text: '' }
      if (!known) open.push(call)
      call.id ||= part.id ?? ''
      call.name ||= part.function?.name ?? ''
      const given = part.function?.arguments ?? ''
      const text = typeof given === 'string' ? given : JSON.stringify(given)
      call.text += text
      return text.length + (known ? 0 : 1)
    },
    list(endpoint: Endpoint): ToolCall[] {
      return open.map(({ id, name, text }) => {
        if (!name) throw new ModelError('bad_answer', `${endpoint.host} called a tool without a name`)
        return {
          id: id || newCallId(),
          type: 'function',
          function: { name, arguments: text.trim() || '{}' },
        }
      })
    },
  }
}

/** Nine letters and digits: what Mistral asks for, and enough for everybody else. */
const newCallId = (): string => randomBytes(5).toString('hex').slice(0, 9)

/** Takes parts out of a body that is server-sent events or one JSON text, whatever its content type says. */
function createPartReader(endpoint: Endpoint) {
  let kind: 'unknown' | 'events' | 'json' = 'unknown'
  let text = ''
  let tail = ''
  let found: (AnswerPart | 'done')[] = []

  const parser = createParser({
    maxBufferSize: MAX_EVENT,
    onEvent({ data, event }) {
      if (event === 'error') throw fromErrorPart(data, endpoint)
      if (data.trim() === '[DONE]') found.push('done')
      else if (data.trim() !== '') found.push(parsePart(data, endpoint))
    },
    onError({ type, field, value }) {
      if (type === 'max-buffer-size-exceeded') throw tooLarge(endpoint)
      if (field === 'error') throw fromErrorPart(value ?? '', endpoint)
    },
  })

  function recognise(): void {
    const first = text.trimStart()[0]
    if (first === '<') throw new ModelError('bad_answer', `${endpoint.host} answered with a web page`)
    if (first === '{') kind = 'json'
    else if (first !== undefined) kind = 'events'
  }

  return {
    feed(more: string): (AnswerPart | 'done')[] {
      found = []
      text += more
      if (kind === 'unknown') recognise()
      if (kind === 'events') {
        tail = (tail + text).slice(-64)
        parser.feed(text)
        text = ''
      } else if (text.length > MAX_EVENT) throw tooLarge(endpoint)
      return found
    },
    /** What is whole only now: one JSON, or a last `[DONE]` without its blank line. */
    end(): (AnswerPart | 'done')[] {
      if (kind === 'json') return [parsePart(text, endpoint), 'done']
      return /data: ?\[DONE\]\s*$/.test(tail) ? ['done'] : []
    },
  }
}

function parsePart(text: string, endpoint: Endpoint): AnswerPart {
  try {
    return answerPart.parse(JSON.parse(text))
  } catch {
    throw new ModelError(
      'bad_answer',
      `${endpoint.host} answered with something that is not the OpenAI format`,
    )
  }
}

const tooLarge = ({ host }: Endpoint): ModelError =>
  new ModelError(
    'bad_answer',
    `the answer of ${host} is larger than ${MAX_ANSWER / 1_000_000} million letters`,
  )
