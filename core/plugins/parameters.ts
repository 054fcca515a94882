import type { Capability, CapabilityParameter } from '#contract'

type Kind = 'string' | 'integer' | 'number' | 'boolean' | 'array' | 'object'

/** What plugins write as a type; whatever is not known is taken as text. */
const KINDS: Readonly<Record<string, Kind>> = {
  int: 'integer',
  integer: 'integer',
  number: 'number',
  float: 'number',
  double: 'number',
  bool: 'boolean',
  boolean: 'boolean',
  array: 'array',
  list: 'array',
  object: 'object',
  dict: 'object',
}

const kindOf = ({ type }: CapabilityParameter): Kind => {
  const word = type.trim().toLowerCase()
  return Object.hasOwn(KINDS, word) ? (KINDS[word] ?? 'string') : 'string'
}

/** The parameters of a capability as JSON Schema. */
export const schemaOf = ({ parameters }: Pick<Capability, 'parameters'>): Record<string, unknown> => ({
  type: 'object',
  properties: Object.fromEntries(
    parameters.map((parameter) => [
      parameter.name,
      {
        type: kindOf(parameter),
        ...(parameter.description && { description: parameter.description }),
        ...(parameter.default !== undefined && { default: parameter.default }),
      },
    ]),
  ),
  required: parameters.filter(isNeeded).map(({ name }) => name),
})

/** What was given for a capability, held against what it declares. */
export interface CheckedParameters {
  /** What it is called with: of the declared type, with defaults, without anything that is not declared. */
  readonly values: Readonly<Record<string, unknown>>
  readonly missing: readonly CapabilityParameter[]
  /** `count: must be a whole number` */
  readonly faults: readonly string[]
}

export function checkParameters(
  { parameters }: Pick<Capability, 'parameters'>,
  given: Readonly<Record<string, unknown>>,
): CheckedParameters {
  const values: Record<string, unknown> = {}
  const missing: CapabilityParameter[] = []
  const faults: string[] = []
  for (const parameter of parameters) {
    const { name } = parameter
    const raw = Object.hasOwn(given, name) ? given[name] : undefined
    const value = isBlank(raw) ? parameter.default : inKind(kindOf(parameter), raw)
    if (value !== undefined) Object.defineProperty(values, name, { value, enumerable: true })
    else if (!isBlank(raw)) faults.push(`${name}: must be ${WORDS[kindOf(parameter)]}`)
    else if (isNeeded(parameter)) missing.push(parameter)
  }
  return { values, missing, faults }
}

const isNeeded = ({ required, default: usual }: CapabilityParameter): boolean =>
  required && usual === undefined

const isBlank = (value: unknown): boolean =>
  value === undefined || value === null || (typeof value === 'string' && value.trim() === '')

const WORDS: Readonly<Record<Kind, string>> = {
  string: 'text',
  integer: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
}

/** Models write numbers as text and the other way round. Undefined for what cannot be meant. */
function inKind(kind: Kind, value: unknown): unknown {
  switch (kind) {
    case 'string':
      return typeof value === 'object' ? undefined : String(value)
    case 'integer':
    case 'number': {
      const number = typeof value === 'string' ? Number(value) : value
      const isRight = kind === 'integer' ? Number.isInteger(number) : Number.isFinite(number)
      return isRight ? number : undefined
    }
    case 'boolean':
      if (value === 'true') return true
      if (value === 'false') return false
      return typeof value === 'boolean' ? value : undefined
    case 'array':
      return Array.isArray(value) ? value : undefined
    default:
      return typeof value === 'object' && !Array.isArray(value) ? value : undefined
  }
}
