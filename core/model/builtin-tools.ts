import { z } from 'zod'
import type { Tool } from '#contract'
import { contentWords, coverage } from './words.ts'

/** A tool that clearly does what was asked for, with what the message gives of its parameters. */
export interface Match {
  readonly tool: string
  readonly args: Readonly<Record<string, unknown>>
}

/** Words of a wish that say nothing of what is wished for. */
const FILLER = new Set(
  `get give show fetch find bring want need like please current currently now today right use using ask
  gib zeig hol bitte jetzt heute donne montre maintenant dame muestra ahora mostra adesso agora`.split(/\s+/),
)
/** Who speaks of what is theirs speaks of memories, not of what a plugin knows. */
const OWN = /\b(?:my|mine|our|ours|mein\w*|unser\w*|mon|ma|mes|notre|nos|mi|mis|nuestr\w+|meu|minha)\b/iu
/** What stands behind one of these may be the value of a parameter. */
const NAMED =
  /(?:^|\s)(?:in|at|for|of|about|from|near|into|to|on|für|über|nach|aus|à|en|pour|sur|de|para|sobre|em|di|su|per)\s+(.+?)(?=\s+(?:in|at|for|of|about|from|near|to|on|please|today|tomorrow|now|right)(?!\p{L})|[?.!,;]|$)/giu
const QUOTED = /["“„«]([^"”“»]+)["”“»]/gu
/** Up to three words that begin as names do. */
const NAME = /^(?:\s+[\p{Lu}\p{Lo}][\p{L}\p{N}\p{M}'’-]*){1,3}$/u
/** Longest statement that may be a wish ("weather in Berlin"). */
const MAX_STATEMENT = 6

const parameters = z
  .object({
    properties: z.record(z.string(), z.object({ type: z.string(), description: z.string().default('') })),
    required: z.array(z.string()).default([]),
  })
  .catch({ properties: {}, required: [] })

/**
 * The tool of a plugin whose name and description cover all that was asked for, apart from what are values of its
 * parameters. Undefined when none does, or when a value does not fit.
 */
export function matchTool(
  text: string,
  tools: readonly Tool[],
  { asks }: { asks: boolean },
): Match | undefined {
  if (OWN.test(text) || (!asks && !isShort(text))) return undefined
  const found = tools.flatMap((tool) => {
    const match = matched(text, tool)
    return match ? [match] : []
  })
  return found.sort((a, b) => b.score - a.score)[0]
}

function matched(text: string, { function: { name, description, parameters: schema } }: Tool) {
  const [title = ''] = description.split(':')
  const args = argumentsIn(text, title, parameters.parse(schema))
  if (!args) return undefined
  const values = contentWords(Object.values(args.said).join(' '))
  const wanted = contentWords(text).filter((word) => !FILLER.has(word) && !values.includes(word))
  const own = plain(`${name} ${title}`)
  const inName = coverage(wanted, own)
  if (wanted.length === 0 || inName === 0 || coverage(wanted, plain(`${own} ${description}`)) < 1)
    return undefined
  return { tool: name, args: args.values, score: inName + coverage(contentWords(own), text) }
}

const plain = (text: string): string => text.replaceAll(/[_-]+/g, ' ')

interface Arguments {
  readonly values: Readonly<Record<string, unknown>>
  /** The words of the message that became values. */
  readonly said: Readonly<Record<string, string>>
}

/** Numbers and named things in the order of the parameters, what is required first. Undefined when one does not fit. */
function argumentsIn(
  text: string,
  title: string,
  { properties, required }: z.infer<typeof parameters>,
): Arguments | undefined {
  const after = [...text.matchAll(QUOTED), ...text.matchAll(NAMED)].map(([, value = '']) => value)
  const named = [...after, ...nameAfter(title, text)]
  const numbers = Array.from(text.matchAll(/-?\d+(?:\.\d+)?/g), ([value]) => value)
  const values: Record<string, unknown> = {}
  const said: Record<string, string> = {}
  const names = Object.keys(properties).sort(
    (a, b) => Number(required.includes(b)) - Number(required.includes(a)),
  )
  for (const name of names) {
    const { type = 'string', description = '' } = properties[name] ?? {}
    const from = type === 'string' ? named : type === 'integer' || type === 'number' ? numbers : []
    const next = from.shift()
    if (next === undefined) continue
    const value = valueOf(next, { name, type, description })
    if (value === undefined) return undefined
    values[name] = value
    said[name] = next
  }
  return { values, said }
}

/** `Greet Maya`, for what is called `Greet`: a name that follows the title. Anything else may be a statement. */
function nameAfter(title: string, text: string): string[] {
  const said = text.trim()
  const begins = said.toLowerCase().startsWith(`${title.toLowerCase()} `)
  const rest = begins ? said.slice(title.length).replace(/[.!?]+$/, '') : ''
  return NAME.test(rest) ? [rest.trim()] : []
}

/** A message without the first thing that is named in it, and that. */
export function withoutPlace(text: string): [rest: string, place: string] {
  const [found] = text.matchAll(NAMED)
  return found ? [text.replace(found[0], ''), found[1] ?? ''] : [text, '']
}

/** Whether a message may be the answer to what was asked for a tool: it says one thing, and nothing of the person's own. */
export const mayBeAnswer = (text: string): boolean => isShort(text) && !OWN.test(text)

const isShort = (text: string): boolean => text.trim().split(/\s+/).length <= MAX_STATEMENT

/** The declared type of a parameter; text where the tool is not there. */
export const typeOf = (tools: readonly Tool[], tool: string, parameter: string): string => {
  const schema = tools.find(({ function: { name } }) => name === tool)?.function.parameters
  return parameters.parse(schema).properties[parameter]?.type ?? 'string'
}

/** What a message gives for one parameter. Undefined when it cannot be meant. */
export function valueOf(
  text: string,
  { name, type, description }: { name: string; type: string; description: string },
): unknown {
  if (type === 'integer' || type === 'number') {
    const [number] = /-?\d+(?:\.\d+)?/.exec(text) ?? []
    return number === undefined ? undefined : Number(number)
  }
  const value = text
    .trim()
    .replace(/[.!]+$/, '')
    .replace(/^(?:in|at|for|the|a|an)\s+/i, '')
  return /time.?zone|\biana\b/i.test(`${name} ${description}`) ? zoneNamed(value) : value || undefined
}

/** `Tokyo` → `Asia/Tokyo` */
function zoneNamed(place: string): string | undefined {
  const wanted = place.toLowerCase().replaceAll(/\s+/g, '_')
  return [...Intl.supportedValuesOf('timeZone'), 'UTC'].find((zone) => {
    const known = zone.toLowerCase()
    return known === wanted || known.endsWith(`/${wanted}`)
  })
}
