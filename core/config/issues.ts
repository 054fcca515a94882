import { closest, distance } from 'fastest-levenshtein'
import { z } from 'zod'
import type { Path } from './yaml.ts'

/** One thing that is wrong, before it is known where it stands in the file. */
export interface Finding {
  readonly path: Path
  readonly message: string
}

type Issue = z.core.$ZodIssue

/** What zod found, in words for the person who writes the file. */
export const findingsOf = (schema: z.ZodType, value: unknown, issues: readonly Issue[]): Finding[] =>
  issues.flatMap((issue) => explain(schema, value, issue))

/** `. Did you mean "friends"?`, or what there is to choose from. */
export function suggestion(word: string, known: readonly string[]): string {
  if (known.length === 0) return ''
  const nearest = closest(word, [...known])
  const steps = distance(word.toLowerCase(), nearest.toLowerCase())
  const isNear = steps <= Math.max(2, nearest.length * 0.4) && steps < word.length
  return isNear ? `. Did you mean "${nearest}"?` : `. Known here: ${known.join(', ')}`
}

function explain(schema: z.ZodType, value: unknown, issue: Issue): Finding[] {
  const { path } = issue
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => ({
        path: [...path, key],
        message: `unknown key${suggestion(key, keysAt(schema, path))}`,
      }))
    case 'invalid_union':
      return explainUnion(schema, value, issue)
    case 'invalid_key':
      return issue.issues.map(({ message }) => ({ path, message }))
    case 'invalid_type':
      return [{ path, message: wrongType(issue.expected, at(value, path)) }]
    case 'invalid_value': {
      const given = at(value, path)
      const known = issue.values.map(String)
      return [{ path, message: `must be one of ${known.join(', ')}${typo(given, known)}` }]
    }
    case 'too_small':
      return [
        {
          path,
          message: issue.origin === 'number' ? `must be at least ${issue.minimum}` : 'must not be empty',
        },
      ]
    case 'too_big':
      return [
        {
          path,
          message: `must be at most ${issue.maximum}${issue.origin === 'number' ? '' : ' characters long'}`,
        },
      ]
    case 'invalid_format':
      return [{ path, message: issue.format === 'url' ? 'must be an address (http://…)' : issue.message }]
    default:
      return [{ path, message: issue.message }]
  }
}

/** The faults of the form that was meant: the one whose outside fits. */
function explainUnion(schema: z.ZodType, value: unknown, issue: z.core.$ZodIssueInvalidUnion): Finding[] {
  const fitting = issue.errors.find((branch) =>
    branch.every(({ path, code }) => path.length > 0 || code === 'unrecognized_keys'),
  )
  if (fitting) {
    const inner = fitting.map((one) => ({ ...one, path: [...issue.path, ...one.path] }))
    return findingsOf(schema, value, inner)
  }
  const given = at(value, issue.path)
  const messages = issue.errors
    .flat()
    .filter((one) => one.code !== 'invalid_type' && (one.code !== 'invalid_value' || isText(given)))
    .filter((one) => one.code !== 'invalid_value' || one.values.some((known) => known !== ''))
  const known = messages.flatMap((one) => (one.code === 'invalid_value' ? one.values.map(String) : []))
  const others = messages.filter((one) => one.code !== 'invalid_value')
  if (others.length > 0) return [{ path: issue.path, message: others[0]?.message ?? '' }]
  if (known.length > 0) {
    return [{ path: issue.path, message: `must be ${known.join(', ')} or a map${typo(given, known)}` }]
  }
  const types = issue.errors.flat().flatMap((one) => (one.code === 'invalid_type' ? [one.expected] : []))
  return [{ path: issue.path, message: `must be ${types.map(nameOf).join(' or ')}, not ${named(given)}` }]
}

const NAMES: Record<string, string | undefined> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a map',
  record: 'a map',
}

const nameOf = (type: string): string => NAMES[type] ?? type

function wrongType(expected: string, given: unknown): string {
  if (given === undefined) return 'is missing'
  const quotes = expected === 'string' && typeof given !== 'object' ? '. Put it in quotes' : ''
  return `must be ${nameOf(expected)}, not ${named(given)}${quotes}`
}

function named(given: unknown): string {
  if (given === null || given === undefined) return 'empty'
  if (Array.isArray(given)) return 'a list'
  return NAMES[typeof given] ?? 'that'
}

const isText = (value: unknown): value is string => typeof value === 'string'

const typo = (given: unknown, known: readonly string[]): string => {
  const hint = isText(given) ? suggestion(given, known) : ''
  return hint.includes('Did you mean') ? hint : ''
}

/** What stands at this path of what was read. */
const at = (value: unknown, path: Path): unknown =>
  path.reduce<unknown>(
    (inside, step) => (typeof inside === 'object' && inside !== null ? Reflect.get(inside, step) : undefined),
    value,
  )

/** The keys that may stand at this path. */
function keysAt(schema: unknown, path: Path): string[] {
  const [step, ...rest] = path
  if (schema instanceof z.ZodUnion) return schema.options.flatMap((option) => keysAt(option, path))
  if (schema instanceof z.ZodPipe) return keysAt(schema.in, path)
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault) {
    return keysAt(schema.unwrap(), path)
  }
  if (schema instanceof z.ZodArray) return step === undefined ? [] : keysAt(schema.element, rest)
  if (schema instanceof z.ZodRecord) return step === undefined ? [] : keysAt(schema.valueType, rest)
  if (!(schema instanceof z.ZodObject)) return []
  return step === undefined ? Object.keys(schema.shape) : keysAt(schema.shape[String(step)], rest)
}
