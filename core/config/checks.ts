import { isIPv4 } from 'node:net'
import { normalizeId } from '#contract'
import { fold } from '../route.ts'
import { keysOf, sendableId, sendableIds } from '../users/identities.ts'
import { type Finding, suggestion } from './issues.ts'
import { companionConfig, type CompanionConfig, userConfig, type User } from './schema.ts'
import type { Path } from './yaml.ts'

/** Something that is valid by itself, and where it stands. */
interface Placed<T> {
  readonly path: Path
  readonly is: T
}

/** What the keys of core.yml say together. Judges whatever is valid by itself, so that all faults come at once. */
export function checkCore(core: unknown): Finding[] {
  const companions = companionsOf(core)
  return [
    ...oneOrTheOther(core),
    ...openWithoutKey(core),
    ...samePlugin(core),
    ...unknownPlugins(companions, core),
    ...twice(companions, ({ id }) => [[id, 'id']], 'id'),
    ...twice(enabled(companions), signalsOf, 'signal'),
    ...twice(enabled(companions), ({ keyword }) => (keyword ? [[fold(keyword), 'keyword']] : []), 'keyword'),
  ]
}

/**
 * What the entries of user.yml say together, and beside the companions of core.yml.
 * @param core undefined when that file could not be read
 */
export function checkUsers(users: unknown, core: unknown): Finding[] {
  const people = usersOf(users)
  return [
    ...twice(people, ({ id }) => [[id, 'id']], 'id'),
    ...twice(people, identitiesOf, 'identity'),
    ...idsAsIdentities(people),
    ...(core === undefined ? [] : ownKeywords(people, core)),
  ]
}

function oneOrTheOther(core: unknown): Finding[] {
  if (valueAt(core, 'companion') === undefined || valueAt(core, 'companions') === undefined) return []
  return [{ path: ['companion'], message: 'stands beside "companions". Move it into that list' }]
}

function openWithoutKey(core: unknown): Finding[] {
  const host = valueAt(core, 'host')
  if (valueAt(core, 'auth_enabled') !== false || typeof host !== 'string' || isLoopback(host.trim()))
    return []
  return [
    {
      path: ['host'],
      message: `"${host}" is beyond this machine, so callers need a key. Set auth_enabled to true, or host to 127.0.0.1`,
    },
  ]
}

const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || (isIPv4(host) && host.startsWith('127.'))

function samePlugin(core: unknown): Finding[] {
  const names = Object.keys(mapAt(core, 'plugins'))
  return names
    .filter((name, at) => names.slice(0, at).some((other) => normalizeId(other) === normalizeId(name)))
    .map((name) => ({ path: ['plugins', name], message: 'stands here twice, written differently' }))
}

function unknownPlugins(companions: readonly Placed<CompanionConfig>[], core: unknown): Finding[] {
  const known = Object.keys(mapAt(core, 'plugins')).map(normalizeId)
  return companions
    .filter(({ is }) => !known.includes(is.plugin_id))
    .map(({ path, is }) => ({
      path: [...path, 'plugin_id'],
      message: `"${is.plugin_id}" does not stand under plugins${suggestion(is.plugin_id, known)}`,
    }))
}

/** The signal, and the channels whose every message is a companion's: they are compared with the same field. */
const signalsOf = ({ session_id_value, channels }: CompanionConfig): [string, ...Path][] => [
  [fold(session_id_value), 'session_id_value'],
  ...channels.map((channel, at): [string, ...Path] => [fold(channel), 'channels', at]),
]

function ownKeywords(people: readonly Placed<User>[], core: unknown): Finding[] {
  const companions = companionsOf(core)
  const ids = writtenCompanions(core).map(({ is }) => normalizeId(String(valueAt(is, 'id') ?? 'friend')))
  const fault = (keyword: string, id: string, earlier: readonly [string, string][]): string | undefined => {
    if (!ids.includes(id)) return `there is no companion "${id}" in core.yml${suggestion(id, ids)}`
    const isSame = (other = '') => fold(other) === fold(keyword)
    const other = companions.find(({ is }) => is.id !== id && isSame(is.keyword))
    if (other) return `"${keyword}" is the keyword of the companion "${other.is.id}"`
    const twin = earlier.find(([, word]) => isSame(word))
    return twin && `"${keyword}" is the keyword for "${twin[0]}" already`
  }
  return people.flatMap(({ path, is }) =>
    Object.entries(is.keywords).flatMap(([id, keyword], at, own) => {
      const message = fault(keyword, id, own.slice(0, at))
      return message ? [{ path: [...path, 'keywords', id], message }] : []
    }),
  )
}

/** A bridge that sends the bare sender would reach the user with that id. */
function idsAsIdentities(people: readonly Placed<User>[]): Finding[] {
  const ids = Map.groupBy(
    people.flatMap(({ is: { id } }) => sendableId(id).map((name) => ({ id, name }))),
    ({ name }) => name,
  )
  return people.flatMap(({ path, is }) => {
    const other = sendableIds(is)
      .flatMap((name) => ids.get(name) ?? [])
      .find(({ id }) => id !== is.id)
    if (other === undefined) return []
    return [{ path, message: `an identity could be taken for the user with the id "${other.id}"` }]
  })
}

/** The second one of what may be there only once, with where the first stands. */
function twice<T extends { readonly id: string }>(
  all: readonly Placed<T>[],
  claims: (one: T) => readonly (readonly [string, ...Path])[],
  what: string,
): Finding[] {
  const holders = new Map<string, Placed<T>>()
  const findings = new Map<string, Finding>()
  for (const one of all) {
    for (const [claim, ...place] of claims(one.is)) {
      const holder = holders.get(claim)
      const path = [...one.path, ...place]
      if (holder && holder !== one) {
        findings.set(path.join('.'), {
          path,
          message: `the same ${what} as that of ${holder.path.join('.')} ("${holder.is.id}")`,
        })
      } else holders.set(claim, one)
    }
  }
  return [...findings.values()]
}

/** The keys of each identity of a user, with its place in the entry. */
const identitiesOf = (user: User): [string, ...Path][] =>
  (['im', 'email', 'phone'] as const).flatMap((kind) =>
    user[kind].flatMap((entry, at) =>
      keysOf({ ...NONE, [kind]: [entry] }).map((key): [string, ...Path] => [key, kind, at]),
    ),
  )

const NONE = { im: [], email: [], phone: [] }

const companionsOf = (core: unknown): Placed<CompanionConfig>[] =>
  writtenCompanions(core).flatMap(({ path, is }) => placed(companionConfig, is, path))

function writtenCompanions(core: unknown): Placed<unknown>[] {
  const list = listAt(core, 'companions').map((is, at) => ({ path: ['companions', at], is }))
  const single = valueAt(core, 'companion')
  return single === undefined ? list : [...list, { path: ['companion'], is: single }]
}

const usersOf = (users: unknown): Placed<User>[] =>
  listAt(users, 'users').flatMap((one, at) => placed(userConfig, one, ['users', at]))

function placed<T>(
  schema: { safeParse(value: unknown): { success: true; data: T } | { success: false } },
  value: unknown,
  path: Path,
): Placed<T>[] {
  const result = schema.safeParse(value)
  return result.success ? [{ path, is: result.data }] : []
}

const enabled = (companions: readonly Placed<CompanionConfig>[]): Placed<CompanionConfig>[] =>
  companions.filter(({ is }) => is.enabled)

const valueAt = (map: unknown, key: string): unknown =>
  typeof map === 'object' && map !== null ? Reflect.get(map, key) : undefined

const mapAt = (map: unknown, key: string): object => {
  const value = valueAt(map, key)
  return typeof value === 'object' && value !== null ? value : {}
}

const listAt = (map: unknown, key: string): readonly unknown[] => {
  const value = valueAt(map, key)
  return Array.isArray(value) ? value : []
}
