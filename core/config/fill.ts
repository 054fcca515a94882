import type { Finding } from './issues.ts'
import type { Path } from './yaml.ts'

export type Environment = Readonly<Record<string, string | undefined>>

/** Where a value of the environment came in: its type is that of its key, so `port: ${PORT}` may be a number. */
export interface Filled {
  readonly value: unknown
  readonly filledIn: readonly Path[]
  readonly faults: readonly Finding[]
}

const PLACE = /\$\{([A-Za-z_][A-Za-z0-9_]*)(:-([^{}]*))?\}/g

/**
 * Puts the environment into every text: `${NAME}` (not set: a fault) and `${NAME:-default}` (not set or empty: the
 * default). Keys with nothing behind them are left out, as if they did not stand there.
 */
export function fill(read: unknown, env: Environment): Filled {
  const filledIn: Path[] = []
  const faults: Finding[] = []

  function fillText(text: string, path: Path): string {
    if (!text.includes('${')) return text
    filledIn.push(path)
    const rest = text.replaceAll(PLACE, '')
    if (rest.includes('${')) {
      faults.push({ path, message: 'cannot be filled in. Write ${NAME} or ${NAME:-default}' })
    }
    return text.replaceAll(PLACE, (_, name: string, hasDefault?: string, otherwise = '') => {
      const value = env[name]
      if (hasDefault !== undefined) return value || otherwise
      if (value === undefined) {
        faults.push({
          path,
          message: `the environment has no ${name}. Set it, or write \${${name}:-} for an empty one`,
        })
      }
      return value ?? ''
    })
  }

  function walk(value: unknown, path: Path): unknown {
    if (typeof value === 'string') return fillText(value, path)
    if (Array.isArray(value)) return value.map((item, at) => walk(item, [...path, at]))
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(
      Object.entries(value)
        .map(([key, inner]) => [key, inner === null ? ofEmpty([...path, key]) : walk(inner, [...path, key])])
        .filter(([, inner]) => inner !== undefined),
    )
  }

  return { value: walk(read, []), filledIn, faults }
}

/** `friends:` alone under `plugins` names a plugin without changing a thing; everywhere else it says nothing. */
const ofEmpty = (path: Path): unknown => (path.length === 2 && path[0] === 'plugins' ? {} : undefined)

/** Texts that came from the environment, as the number or the yes/no that their key wants. */
export function typed(
  value: unknown,
  filled: readonly Path[],
  wrong: readonly (readonly [Path, string])[],
): unknown {
  return wrong.reduce((whole, [path, expected]) => {
    const isFilled = filled.some((one) => one.join('\0') === path.join('\0'))
    return isFilled ? change(whole, path, (text) => asType(text, expected)) : whole
  }, value)
}

function asType(value: unknown, expected: string): unknown {
  if (expected === 'boolean' && (value === 'true' || value === 'false')) return value === 'true'
  if (expected === 'number' && typeof value === 'string' && /^-?\d+(\.\d+)?$/.test(value))
    return Number(value)
  return value
}

function change(value: unknown, path: Path, to: (old: unknown) => unknown): unknown {
  const [step, ...rest] = path
  if (step === undefined) return to(value)
  if (Array.isArray(value)) return value.map((item, at) => (at === step ? change(item, rest, to) : item))
  if (typeof value !== 'object' || value === null) return value
  return { ...value, [step]: change(Reflect.get(value, step), rest, to) }
}
