import { isIPv4 } from 'node:net'
import { normalizeId } from '#contract'
import { couldBeSentAs, keysOf } from '../users/identities.ts'
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
    ...twice(people, (user) => keysOf(user).map((key) => [key, ...placeOf(user, key)]), 'identity'),
    ...idsAsIdentities(people),
    ...(core === undefined ? [] : people.flatMap((person) => ownKeywords(person, core))),
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

function ownKeywords({ path, is: user }: Placed<User>, core: unknown): Finding[] {
  const companions = companionsOf(core)
  const ids = writtenCompanions(core).map(({ is }) => normalizeId(String(valueAt(is, 'id') ?? 'friend')))
  const own = Object.entries(user.keywords)
  return own.flatMap(([id, keyword], at) => {
    const place = [...path, 'keywords', id]
    if (!ids.includes(id)) {
      return [{ path: place, message: `there is no companion "${id}" in core.yml${suggestion(id, ids)}` }]
    }
    const other = companions.find(
      ({ is }) => is.id !== id && is.keyword && fold(is.keyword) === fold(keyword),
    )
    if (other)
      return [{ path: place, message: `"${keyword}" is the keyword of the companion "${other.is.id}"` }]
    const twin = own.slice(0, at).find(([, earlier]) => fold(earlier) === fold(keyword))
    return twin ? [{ path: place, message: `"${keyword}" is the keyword for "${twin[0]}" already` }] : []
  })
}

/** A bridge that sends the bare sender would reach the user with that id. */
function idsAsIdentities(people: readonly Placed<User>[]): Finding[] {
  return people.flatMap(({ path, is }) => {
    const other = people.find(({ is: { id } }) => id !== is.id && couldBeSentAs(is, id))
    if (!other) return []
    return [{ path, message: `an identity could be taken for the user with the id "${other.is.id}"` }]
  })
}

/** The second one of what may be there only once, with where the first stands. */
function twice<T>(
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
          message: `the same ${what} as that of ${holder.path.join('.')}`,
        })
      } else holders.set(claim, one)
    }
  }
  return [...findings.values()]
}

/** Where in a user's entry the identity with this key stands. */
function placeOf(user: User, key: string): Path {
  for (const kind of ['im', 'email', 'phone'] as const) {
    const none = { im: [], email: [], phone: [] }
    const at = user[kind].findIndex((entry) => keysOf({ ...none, [kind]: [entry] }).includes(key))
    if (at >= 0) return [kind, at]
  }
  return []
}

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

/** As core/route.ts compares signals and keywords. */
const fold = (text: string): string => text.trim().normalize('NFC').toLowerCase()
