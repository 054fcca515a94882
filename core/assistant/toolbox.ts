import { z } from 'zod'
import type { Tool } from '#contract'

interface Description<Input extends z.ZodType = z.ZodType> {
  /** What it does, for the model. */
  readonly description: string
  readonly input: Input
}
type Handlers<Described extends Readonly<Record<string, Description>>> = {
  readonly [Name in keyof Described]: (input: z.output<Described[Name]['input']>) => Promise<object>
}

/** Tools that belong together, bound to one question. */
export interface Toolbox {
  readonly offered: readonly Tool[]
  /**
   * What the tool gives, as an object for the model; undefined when no tool here has that name.
   * @param json the arguments as the model wrote them
   * @throws BadCall
   */
  run(name: string, json: string): Promise<object> | undefined
}

/** The model's own mistake, which it may correct. */
export class BadCall extends Error {}

/** Describes tools once; `bind` gives the toolbox of one question. */
export function describeTools<Described extends Readonly<Record<string, Description>>>(
  described: Described,
): { bind(handlers: Handlers<Described>): Toolbox } {
  const offered = Object.entries(described).map(([name, { description, input }]): Tool => {
    const { type, properties, required } = z.toJSONSchema(input, { io: 'input' })
    return { type: 'function', function: { name, description, parameters: { type, properties, required } } }
  })
  return {
    bind: (handlers) => ({
      offered,
      run(name, json) {
        const tool = Object.hasOwn(described, name) ? described[name] : undefined
        return tool && handlers[name]?.(argumentsOf(json, tool.input) as never)
      },
    }),
  }
}

/** What the model wrote, held against what the tool takes. @throws BadCall */
export function argumentsOf<Input extends z.ZodType>(json: string, input: Input): z.output<Input> {
  const parsed = input.safeParse(parse(json))
  if (parsed.success) return parsed.data
  const faults = parsed.error.issues.map(
    ({ path, message }) => `${path.join('.') || 'arguments'}: ${message}`,
  )
  throw new BadCall(faults.join('; '))
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch {
    throw new BadCall('the arguments are not JSON')
  }
}
