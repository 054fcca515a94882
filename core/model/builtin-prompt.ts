import { z } from 'zod'
import type { ModelMessage, Tool, ToolCall } from '#contract'
import { type LanguageCode, languageNamed, type Tone } from './builtin-phrases.ts'
import { languageOfText } from './language.ts'

/** A line of `## Memories`, or something the person said earlier in the chat. */
export interface KnownLine {
  readonly text: string
  /** `YYYY-MM-DD` */
  readonly date: string | undefined
  /** It held until that date. */
  readonly ended?: boolean
}

/** A line of `## Knowledge`. */
export interface Passage {
  readonly text: string
  /** File and place: `manual.pdf, page 3` */
  readonly place: string
}

export type Call = { readonly tool: string; readonly args: Readonly<Record<string, unknown>> }
/** What builtin does about a message: words, or a tool. */
export type Answer = { readonly text: string } | { readonly call: Call }

/** What a tool said, for the call that is being answered. */
interface ToolOutcome {
  readonly tool: string
  readonly result: ToolResult
}

/** What builtin reads out of a prompt. */
export interface ReadPrompt {
  /** `System`, the name of a persona, or undefined for a prompt that is nobody in particular. */
  readonly name: string | undefined
  readonly assistant: boolean
  readonly tone: Tone
  readonly language: LanguageCode
  /** The line `Now: …` as it stands. */
  readonly now: string | undefined
  readonly memories: readonly KnownLine[]
  readonly passages: readonly Passage[]
  /** What the person said before, newest last. */
  readonly said: readonly KnownLine[]
  /** Nobody has said anything: a persona is to write first. */
  readonly writeFirst: 'idle' | 'good_morning' | 'good_night' | undefined
  /** What the person says now, without the line about files. */
  readonly text: string
  readonly files: string | undefined
  /** No answer was given in this chat before. */
  readonly first: boolean
  readonly tools: ReadonlySet<string>
  /** Those of plugins; their names have `__` in them. */
  readonly pluginTools: readonly Tool[]
  /** What plugins that are not there could do, by the name of the plugin. */
  readonly offline: readonly Tool[]
  /** A call for which the person was asked something. */
  readonly unfinished: UnfinishedCall | undefined
  readonly outcome: ToolOutcome | undefined
}

const job = z.object({
  text: z.string(),
  next_run: z.string().optional(),
  timezone: z.string().optional(),
  repeats: z.string().optional(),
})
export type ShownJob = z.infer<typeof job>
/** As `## Unfinished` has it. */
export interface UnfinishedCall {
  readonly tool: string
  readonly given: Readonly<Record<string, unknown>>
  readonly missing: { readonly name: string; readonly description: string }
}

const toolResult = z
  .object({
    result: z.string().optional(),
    offline: z.string().optional(),
    failed: z.string().optional(),
    missing: z.array(z.object({ name: z.string(), description: z.string().default('') })).optional(),
    error: z.string().optional(),
    remembered: z.string().optional(),
    forgotten: z.array(z.string()).optional(),
    set: job.optional(),
    jobs: z.array(job).optional(),
    cancelled: z.array(job).optional(),
    memories: z
      .array(z.object({ text: z.string(), date: z.string().optional(), until: z.string().optional() }))
      .optional(),
    files: z.array(z.object({ text: z.string(), place: z.string() })).optional(),
  })
  .catch({})

export type ToolResult = z.infer<typeof toolResult>

/** The line that names what came with a message. */
const FILES = /\n*^Attached files: (.+)$/mu

const writeFirst = z.enum(['idle', 'good_morning', 'good_night']).optional().catch(undefined)

/** Reads the structure of a prompt: `You are <name>, <character>`, `Answer in <language>.`, `Now: …`, `## Memories`. */
export function readPrompt(messages: readonly ModelMessage[], tools: readonly Tool[]): ReadPrompt {
  const system = messages.find((message) => message.role === 'system')?.content ?? ''
  const at = messages.findLastIndex((message) => message.role === 'user')
  const before = messages.slice(0, Math.max(at, 0))
  const message = messages[at]?.content ?? ''
  const text = message.replace(FILES, '').trim()
  const [, name, character = ''] = /^You are ([^,.\n]+)(?:,\s*([^\n]*))?/.exec(system) ?? []
  return {
    name: name?.trim(),
    assistant: /\bassistant\b/i.test(character),
    tone: toneOf(character),
    language: languageOf(/^Answer in ([^.\n]+)/m.exec(system)?.[1], text),
    now: /^Now: (.+)$/m.exec(system)?.[1]?.trim(),
    memories: memoriesOf(system),
    passages: passagesOf(system),
    said: before
      .filter(({ role }) => role === 'user')
      .map(({ content }) => ({ text: content, date: undefined })),
    writeFirst: writeFirst.parse(/^Write first: (\w+)$/m.exec(system)?.[1]),
    text,
    files: FILES.exec(message)?.[1],
    first: !before.some(({ role }) => role === 'assistant'),
    tools: new Set(tools.map((tool) => tool.function.name)),
    pluginTools: tools.filter((tool) => tool.function.name.includes('__')),
    offline: offlineOf(system),
    unfinished: unfinishedOf(system),
    outcome: outcomeOf(messages.slice(at + 1)),
  }
}

/** Like tools that take one thing that may be named. */
const offlineOf = (system: string): Tool[] =>
  linesOf(system, 'Offline')
    .map((line) => /^- ([^:]+): (.+)$/.exec(line))
    .flatMap((found) => (found ? [{ type: 'function', function: offlineTool(found[1], found[2]) }] : []))

const offlineTool = (name = '', description = ''): Tool['function'] => ({
  name,
  description,
  parameters: { properties: { it: { type: 'string' } } },
})

function unfinishedOf(system: string): UnfinishedCall | undefined {
  const lines = linesOf(system, 'Unfinished')
  const value = (key: string): string | undefined =>
    lines.find((line) => line.startsWith(`- ${key}: `))?.slice(key.length + 4)
  const [, name, description = ''] = /^(.+?)(?: \((.*)\))?$/.exec(value('missing') ?? '') ?? []
  const tool = value('tool')
  const given = z.record(z.string(), z.unknown()).safeParse(parsed(value('given') ?? ''))
  return tool && name && given.success
    ? { tool, given: given.data, missing: { name, description } }
    : undefined
}

function memoriesOf(system: string): KnownLine[] {
  return linesOf(system, 'Memories')
    .map((line) => /^- (?:(?:(until )?(\d{4}-\d{2}-\d{2})|earlier): )?(.+)$/.exec(line))
    .flatMap((found) =>
      found?.[3]
        ? [{ text: found[3].trim(), date: found[2], ...(found[1] !== undefined && { ended: true }) }]
        : [],
    )
}

function passagesOf(system: string): Passage[] {
  return linesOf(system, 'Knowledge')
    .map((line) => /^- \[([^\]]+)\] (.+)$/.exec(line))
    .flatMap((found) => (found?.[1] && found[2] ? [{ place: found[1], text: found[2].trim() }] : []))
}

/** The lines of one section of the prompt. */
function linesOf(system: string, section: 'Memories' | 'Knowledge' | 'Offline' | 'Unfinished'): string[] {
  const [, lines = ''] =
    new RegExp(`^## ${section}\\s*$([\\s\\S]*?)(?=^## |(?![\\s\\S]))`, 'm').exec(system) ?? []
  return lines.split('\n')
}

const TONES: readonly (readonly [Tone, RegExp])[] = [
  ['affectionate', /\b(girlfriend|boyfriend|wife|husband|partner|spouse)\b/i],
  ['parent', /\b(parent|mother|father|mum|mom|dad|grand\w+)\b/i],
  ['child', /\b(child|son|daughter|kid)\b/i],
]

/** By the word of relation that comes first. */
function toneOf(character: string): Tone {
  const found = TONES.map(([tone, words]) => ({ tone, at: character.search(words) }))
    .filter(({ at }) => at >= 0)
    .sort((one, other) => one.at - other.at)
  return found[0]?.tone ?? 'friendly'
}

/** The language asked for, else the one that the message is written in, else English. */
function languageOf(asked: string | undefined, text: string): LanguageCode {
  if (asked !== undefined) return languageNamed(asked) ?? 'en'
  return languageOfText(text) ?? 'en'
}

function outcomeOf(after: readonly ModelMessage[]): ToolOutcome | undefined {
  const last = after.findLast((message) => message.role === 'tool')
  if (!last) return undefined
  const calls: ToolCall[] = after.flatMap((message) => message.tool_calls ?? [])
  const tool = calls.find((call) => call.id === last.tool_call_id)?.function.name ?? ''
  return { tool, result: toolResult.parse(parsed(last.content)) }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return {}
  }
}
