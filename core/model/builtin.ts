import { type Tool, type ToolCall, worthRemembering } from '#contract'
import { type Intent, isQuestion, understand } from './builtin-intents.ts'
import { jobsText, planReminder } from './builtin-jobs.ts'
import { languages, type Say } from './builtin-phrases.ts'
import { quotePassage } from './builtin-passages.ts'
import {
  type Answer,
  type Call,
  type KnownLine,
  type ReadPrompt,
  readPrompt,
  type UnfinishedCall,
} from './builtin-prompt.ts'
import { matchTool, mayBeAnswer, typeOf, valueOf, withoutPlace } from './builtin-tools.ts'
import { type Model, ModelError } from './model.ts'
import { contentWords, coverage, likeness } from './words.ts'

/** The name of the model that is none. */
export const BUILTIN = 'builtin'

/** How much of a statement is repeated when it is acknowledged. */
const MAX_ECHO = 200
/** Longest text that the tool `remember` takes. */
const MAX_REMEMBERED = 2_000
/** How much of a question a memory must speak of to be its answer. */
const ENOUGH = 0.3
/** Longest message that may be for a plugin. */
const LONGEST_WISH = 300
/** Most memories of one list. */
const MAX_KNOWN = 10

/**
 * Answers without any language model, and says so once per chat. It reads the prompt's own structure, so it serves System
 * and every persona: it keeps their name, tone and language, acknowledges statements, answers from the memories in the
 * prompt, calls `remember`, `recall` and `forget` where they are offered, and the tool of a plugin that clearly does what
 * is asked for. The same prompt always gets the same answer.
 */
export function createBuiltinModel(): Model {
  return {
    name: BUILTIN,
    async *stream(messages, { tools = [], format, signal } = {}) {
      if (signal?.aborted) throw new ModelError('stopped', 'it was stopped')
      if (format && format.type !== 'text') throw new ModelError('refused', 'no language model is connected')
      const prompt = readPrompt(messages, tools)
      const answer = await answerTo(prompt)
      if ('call' in answer) yield { type: 'tool_call', call: toCall(answer.call, messages.length) }
      else for (const word of answer.text.split(/(?<=\s)/)) yield { type: 'text', text: word }
    },
  }
}

async function answerTo(prompt: ReadPrompt): Promise<Answer> {
  const say = speaker(prompt)
  if (prompt.name === undefined) return { text: say('noModel') }
  if (prompt.writeFirst) return { text: say(FIRST_WORDS[prompt.writeFirst]) }
  const intent = understand(prompt.text, prompt.name)
  const planned = prompt.outcome ? undefined : await planReminder(intent, prompt, say)
  const call = prompt.outcome || planned ? undefined : callFor(intent, prompt)
  if (call) return { call }
  if (planned && 'call' in planned) return planned
  const text = prompt.outcome ? outcomeText(prompt, say) : (planned?.text ?? textFor(intent, prompt, say))
  if (intent.kind === 'help') return { text: say(prompt.assistant ? 'howTo' : 'noModel') }
  return { text: prompt.first ? `${text}\n\n${say(prompt.assistant ? 'howTo' : 'noModel')}` : text }
}

const FIRST_WORDS = { idle: 'firstWords', good_morning: 'goodMorning', good_night: 'goodNight' } as const

function speaker({ language, tone, assistant }: ReadPrompt): Say {
  const { phrases, tones } = languages[language]
  const own = { ...phrases, ...(!assistant && tones[tone]) }
  return (key, values = {}) => own[key].replaceAll(/\{(\w+)\}/g, (_, name: string) => values[name] ?? '')
}

function callFor(intent: Intent, prompt: ReadPrompt): Call | undefined {
  const { tools, text } = prompt
  if (intent.kind === 'remember' && tools.has('remember')) {
    return { tool: 'remember', args: { text: intent.what } }
  }
  const ofPlugin = pluginCall(intent, prompt)
  if (ofPlugin) return ofPlugin
  // Core itself keeps only what looks like a statement; "Noted" must be true of the rest, too.
  if (intent.kind === 'statement' && text !== '' && !worthRemembering(text) && tools.has('remember')) {
    return { tool: 'remember', args: { text: text.slice(0, MAX_REMEMBERED) } }
  }
  if (intent.kind === 'forget' && tools.has('forget')) return { tool: 'forget', args: { query: intent.what } }
  if (intent.kind === 'about' && tools.has('recall')) return { tool: 'recall', args: { query: intent.what } }
  return undefined
}

/** Questions, requests and short statements may be for a plugin; what is anything else is not what it was asking for. */
function pluginCall(intent: Intent, prompt: ReadPrompt): Call | undefined {
  const { text, pluginTools, unfinished } = prompt
  const gives = intent.kind === 'statement' || intent.kind === 'request'
  if (unfinished && gives && mayBeAnswer(text)) return continued(unfinished, text, pluginTools)
  return forPlugin(intent, text, { among: pluginTools, name: prompt.name })
}

/** The tool that a message is for. "What time is it" in any language that builtin knows, with a place, is `time in <place>`. */
function forPlugin(
  { kind }: Intent,
  text: string,
  { among, name = '' }: { among: readonly Tool[]; name?: string | undefined },
): Call | undefined {
  if (among.length === 0 || !MAY_BE_FOR_PLUGIN.has(kind) || text.length > LONGEST_WISH) return undefined
  const [rest, place] = withoutPlace(text)
  const asksTime = place !== '' && understand(rest, name).kind === 'time'
  return matchTool(asksTime ? `time in ${place}` : text, among, { asks: kind !== 'statement' })
}

const MAY_BE_FOR_PLUGIN: ReadonlySet<Intent['kind']> = new Set(['question', 'request', 'statement'])

/** What the person says is what was missing; when it cannot be, the tool asks again. */
function continued({ tool, given, missing }: UnfinishedCall, text: string, tools: readonly Tool[]): Call {
  const value = valueOf(text, { ...missing, type: typeOf(tools, tool, missing.name) })
  return { tool, args: { ...given, ...(value !== undefined && { [missing.name]: value }) } }
}

function toCall({ tool, args }: Call, place: number): ToolCall {
  return {
    id: `builtin_${place}`,
    type: 'function',
    function: { name: tool, arguments: JSON.stringify(args) },
  }
}

function textFor(intent: Intent, prompt: ReadPrompt, say: Say): string {
  const away = forPlugin(intent, prompt.text, { among: prompt.offline, name: prompt.name })
  if (away) return `${away.tool} is offline now.`
  switch (intent.kind) {
    case 'statement':
      return acknowledge(prompt.text, prompt, say)
    case 'remember':
      return acknowledge(intent.what, prompt, say)
    case 'question':
      return answerFromMemory(prompt, say)
    case 'about':
      return listKnown(aboutOf(intent.what, prompt.memories), prompt, say)
    case 'forget':
      return say('cannotForget')
    case 'request':
      return say('cannot')
    case 'reminder':
    case 'reminders':
    case 'cancel':
      return say('reminders')
    case 'name':
      return say('name', { name: prompt.name ?? '' })
    case 'time':
      return prompt.now === undefined
        ? say('noIdea')
        : say('time', { now: inWords(prompt.now, prompt.language) })
    case 'help':
      return ''
    default:
      return say(intent.kind)
  }
}

function outcomeText(prompt: ReadPrompt, say: Say): string {
  const { outcome } = prompt
  const aboutJobs = outcome && jobsText(outcome.result, prompt, say)
  if (aboutJobs !== undefined) return aboutJobs
  if (!outcome || outcome.result.error !== undefined) return say('failed')
  const { remembered, forgotten, memories, files = [], result, offline, failed, missing } = outcome.result
  if (result !== undefined) return result.trim() || say('okay')
  const sorry = offline ?? failed
  if (sorry !== undefined) return sorry
  if (missing?.[0])
    return say('ask', { what: missing[0].description || missing[0].name.replaceAll('_', ' ') })
  if (remembered !== undefined) return say('noted', { text: shorten(remembered) })
  if (forgotten?.length === 0) return say('nothingToForget')
  if (forgotten) return say('forgotten', { text: shorten(forgotten.join('; ')) })
  const known = (memories ?? []).map(({ text, date, until }) => ({
    text,
    date: until ?? date,
    ended: until !== undefined,
  }))
  if (files.length === 0) return listKnown(known, prompt, say)
  const quotes = files.map(({ text, place }) => `- ${shorten(text)} (${place})`)
  return [...(known.length > 0 ? [listKnown(known, prompt, say)] : []), ...quotes].join('\n')
}

/** System says so when nothing is remembered: it has no `remember` then. A persona keeps statements itself. */
function acknowledge(text: string, { assistant, tools, files, text: said }: ReadPrompt, say: Say): string {
  if (files !== undefined && text === '') return say('files', { files })
  if (text === '') return say('greeting')
  const echo = { text: shorten(text) }
  if (!assistant) return say(worthRemembering(said) !== undefined ? 'kept' : 'okay', echo)
  return say(tools.has('remember') ? 'noted' : 'memoryOff', echo)
}

function answerFromMemory(prompt: ReadPrompt, say: Say): string {
  const wanted = contentWords(prompt.text)
  const said = statedIn(prompt).filter(({ text }) => !repeats(text, prompt.memories))
  const known = [...prompt.memories, ...said.toReversed()]
  const best = known
    .filter(({ text }) => !isQuestion(text))
    .map((line) => ({ line, covered: coverage(wanted, line.text), alike: likeness(prompt.text, line.text) }))
    .filter(({ covered }) => covered >= ENOUGH)
    .sort(
      (one, other) =>
        holds(one.line, other.line) ||
        other.covered - one.covered ||
        other.alike - one.alike ||
        newer(one.line, other.line),
    )[0]
  const quote = quotePassage(wanted, prompt.passages, Math.max(ENOUGH, best?.covered ?? 0))
  if (quote) return quote
  if (best) return recalled(best.line, prompt, say)
  return say(unknown(prompt))
}

/** What the person stated in this chat, without what they wanted forgotten after it. */
function statedIn({ said, pluginTools, name = '' }: ReadPrompt): KnownLine[] {
  let stated: KnownLine[] = []
  for (const line of said) {
    const intent = understand(line.text, name)
    if (intent.kind === 'statement') {
      if (!forPlugin(intent, line.text, { among: pluginTools })) stated.push(line)
    } else if (intent.kind === 'remember') stated.push({ ...line, text: intent.what })
    else if (intent.kind === 'forget') {
      const gone = contentWords(intent.what)
      stated = stated.filter(({ text }) => coverage(gone, text) < ENOUGH)
    }
  }
  return stated
}

const repeats = (text: string, lines: readonly KnownLine[]): boolean =>
  lines.some((line) => line.text === text)

/** What holds goes before what held. */
const holds = (one: KnownLine, other: KnownLine): number =>
  Number(one.ended ?? false) - Number(other.ended ?? false)

/** Negative when `one` is newer. What was said in this chat has no date and is newest. */
const newer = (one: KnownLine, other: KnownLine): number =>
  (other.date ?? '9999').localeCompare(one.date ?? '9999')

function recalled({ text, date, ended }: KnownLine, { now, language }: ReadPrompt, say: Say): string {
  if (date === undefined) return say('earlier', { memory: text })
  return say(ended ? 'ended' : 'recalled', { date: dayInWords(date, now, language), memory: text })
}

/** What covers the words; everything when they are only about the person (`about me`). */
function aboutOf(what: string, memories: readonly KnownLine[]): KnownLine[] {
  const wanted = contentWords(what)
  return memories.filter(({ text }) => wanted.length === 0 || coverage(wanted, text) >= ENOUGH)
}

function listKnown(lines: readonly KnownLine[], prompt: ReadPrompt, say: Say): string {
  const known = lines.filter(({ text }) => !isQuestion(text)).slice(0, MAX_KNOWN)
  if (known.length === 0) return say(unknown(prompt))
  const items = known.map(({ text, date, ended }) => {
    if (date === undefined) return `- ${text}`
    const day = dayInWords(date, prompt.now, prompt.language)
    return `- ${ended ? say('ended', { date: day, memory: text }) : `${day}: ${text}`}`
  })
  return [say('known'), ...items].join('\n')
}

/** Without the tool, System cannot promise to remember. */
const unknown = ({ assistant, tools }: ReadPrompt): 'noIdea' | 'unknown' =>
  assistant && !tools.has('remember') ? 'noIdea' : 'unknown'

function shorten(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ').trim()
  const letters = Array.from(line.slice(0, 2 * MAX_ECHO))
  return letters.length <= MAX_ECHO ? line : `${letters.slice(0, MAX_ECHO - 1).join('')}…`
}

/** `3 May`, with the year when it is not this one. */
function dayInWords(date: string, now: string | undefined, language: string): string {
  const year = /\b(\d{4})\b/.exec(now ?? '')?.[1]
  const format = new Intl.DateTimeFormat(language === 'en' ? 'en-GB' : language, {
    day: 'numeric',
    month: 'long',
    ...(year !== undefined && !date.startsWith(year) && { year: 'numeric' }),
    timeZone: 'UTC',
  })
  const day = new Date(`${date}T00:00:00Z`)
  return Number.isNaN(day.getTime()) ? date : format.format(day)
}

/** The line `Now: Friday, 20 November 2026, 23:48 (Europe/Berlin)` in another language; as it stands when it looks otherwise. */
function inWords(now: string, language: string): string {
  const [, day, time] = /(\d{1,2} [A-Z][a-z]+ \d{4}),? (\d{2}:\d{2})/.exec(now) ?? []
  const at = new Date(`${day} ${time} UTC`)
  if (language === 'en' || Number.isNaN(at.getTime())) return now
  return new Intl.DateTimeFormat(language, { dateStyle: 'full', timeStyle: 'short', timeZone: 'UTC' }).format(
    at,
  )
}
