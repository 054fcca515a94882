import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { z } from 'zod'
import { checkCore, checkUsers } from './checks.ts'
import { ConfigError, type ConfigFault, MAX_FAULTS } from './faults.ts'
import { type Environment, fill, type Filled, typed } from './fill.ts'
import { type Finding, findingsOf } from './issues.ts'
import { type Config, coreConfig, usersConfig } from './schema.ts'
import { readYaml, type Source, type Written } from './yaml.ts'

export const CORE_FILE = 'config/core.yml'
export const USERS_FILE = 'config/user.yml'

/** The two files as they stand on disk. */
export interface Texts {
  readonly core: string
  readonly users: string
}

/**
 * Reads config/core.yml and config/user.yml, fills in the environment, and checks each by itself and both together.
 * HOMECLAW_PORT and HOMECLAW_API_KEY go before what stands in core.yml.
 * @throws ConfigError with every fault of both files
 */
export function loadConfig(home: string, env: Environment): Config {
  return parseConfig(readTexts(home), env)
}

/** @throws ConfigError when a file is missing or is not UTF-8 text */
export function readTexts(home: string): Texts {
  const read = [CORE_FILE, USERS_FILE].map((file) => readText(home, file))
  const faults = read.flatMap((one) => (typeof one === 'string' ? [] : [one]))
  const [core, users] = read
  if (typeof core !== 'string' || typeof users !== 'string') throw new ConfigError(faults)
  return { core, users }
}

/** As `loadConfig`, of texts that may not be on disk yet. @throws ConfigError */
export function parseConfig(texts: Texts, env: Environment): Config {
  const core = readFile({ file: CORE_FILE, text: texts.core }, coreConfig, env)
  const users = readFile({ file: USERS_FILE, text: texts.users, textOnly: true }, usersConfig, env)
  const overrides = overridesOf(env)
  const faults = [
    ...inOrder([...core.faults, ...core.locate(checkCore(core.value))]),
    ...inOrder([...users.faults, ...users.locate(checkUsers(users.value, core.value))]),
    ...overrides.faults,
  ]
  if (faults.length > 0 || !core.checked || !users.checked) throw new ConfigError(faults)
  return freeze({ core: { ...core.checked, ...overrides.values }, users: users.checked.users })
}

const inOrder = (faults: ConfigFault[]): ConfigFault[] => faults.sort((a, b) => (a.line ?? 0) - (b.line ?? 0))

interface Read<T> {
  /** Filled in, not yet known to be valid. */
  readonly value: unknown
  readonly checked: T | undefined
  readonly faults: readonly ConfigFault[]
  locate(findings: readonly Finding[]): ConfigFault[]
}

function readFile<Schema extends z.ZodType>(
  source: Source,
  schema: Schema,
  env: Environment,
): Read<z.output<Schema>> {
  const written = readYaml(source)
  const locate = (findings: readonly Finding[]) =>
    findings.slice(0, MAX_FAULTS).map((finding) => place(finding, written))
  if (written.faults.length > 0) {
    return { value: undefined, checked: undefined, faults: written.faults, locate }
  }
  const filled = fill(written.value, env)
  const value = withTypes(schema, filled)
  const result = schema.safeParse(value)
  const findings = result.success ? [] : findingsOf(schema, value, result.error.issues)
  const isFilled = ({ path }: Finding) => filled.faults.every((fault) => !samePath(fault, path))
  return {
    value,
    checked: result.data,
    faults: locate([...filled.faults, ...findings.filter(isFilled)]),
    locate,
  }
}

function withTypes(schema: z.ZodType, { value, filledIn }: Filled): unknown {
  if (filledIn.length === 0) return value
  const issues = schema.safeParse(value).error?.issues ?? []
  const wrong = issues.flatMap((issue) =>
    issue.code === 'invalid_type' ? [[issue.path, issue.expected] as const] : [],
  )
  return typed(value, filledIn, wrong)
}

const samePath = (fault: Finding, path: Finding['path']): boolean => fault.path.join('\0') === path.join('\0')

const place = ({ path, message }: Finding, { file, lineOf }: Written): ConfigFault => ({
  file,
  line: lineOf(path),
  path: path.join('.'),
  message,
})

const OVERRIDES = { port: 'HOMECLAW_PORT', auth_api_key: 'HOMECLAW_API_KEY' } as const

function overridesOf(env: Environment): {
  values: { port?: number; auth_api_key?: string }
  faults: ConfigFault[]
} {
  const { HOMECLAW_PORT: port, HOMECLAW_API_KEY: auth_api_key } = env
  const schema = coreConfig.in.pick({ port: true, auth_api_key: true })
  const given = {
    ...(port && { port: /^\d+$/.test(port) ? Number(port) : port }),
    ...(auth_api_key && { auth_api_key }),
  }
  const result = schema.safeParse(given)
  if (result.success) {
    const { data } = result
    return {
      values: { ...(port && { port: data.port }), ...(auth_api_key && { auth_api_key: data.auth_api_key }) },
      faults: [],
    }
  }
  const faults = findingsOf(schema, given, result.error.issues).map(({ path, message }) => ({
    file: 'environment',
    line: undefined,
    path: path[0] === 'port' ? OVERRIDES.port : OVERRIDES.auth_api_key,
    message,
  }))
  return { values: {}, faults }
}

function readText(home: string, file: string): string | ConfigFault {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(readFileSync(join(home, file)))
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code
    const message =
      code === 'ENOENT'
        ? 'is missing. An empty file is enough'
        : code === 'ERR_ENCODING_INVALID_ENCODED_DATA'
          ? 'is not UTF-8 text'
          : `cannot be read: ${(cause as Error).message}`
    return { file, line: undefined, path: '', message }
  }
}

function freeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value
  for (const inner of Object.values(value)) freeze(inner)
  return Object.freeze(value)
}
