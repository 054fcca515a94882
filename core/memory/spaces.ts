import type { Sql } from '../database.ts'
import type { ModelFolder } from './embedders/model-folder.ts'

/** What is needed to open the embedder of a space again. Holds no secrets. */
export type SpaceSpec =
  | { readonly kind: 'bundled' }
  | { readonly kind: 'given' }
  | {
      readonly kind: 'transformers'
      readonly model: string
      readonly folder: ModelFolder
      readonly stamp: string
      readonly dimensions: number
    }
  | {
      readonly kind: 'openai-compatible'
      readonly model: string
      readonly base_url: string
      readonly dimensions: number
    }

export interface Space {
  readonly id: number
  readonly name: string
  readonly spec: SpaceSpec
}

/** The vector spaces that embedders make, and which of them each namespace is indexed in. Synchronous. */
export interface Spaces {
  /** Makes it known, or replaces what is known of it. */
  register(name: string, spec: SpaceSpec): Space
  find(id: number): Space | undefined
  /** Where everything should be indexed; undefined while its embedder is not there yet. */
  wanted(): Space | undefined
  /** Namespaces to come, and those in which nothing is indexed yet, are in this one. */
  want(space: Space | undefined): void
  onWanted(listener: () => void): void
  /** The last one registered that is like this. */
  newest(isLike: (spec: SpaceSpec) => boolean): Space | undefined
  /** In which space this namespace is searched. */
  ofNamespace(namespace: number): number | undefined
}

/** The space of what was indexed before spaces had names, too. */
export const BUNDLED_SPACE = 'bundled-en'

interface Row {
  id: number
  name: string
  spec: string
}

export function createSpaces(sql: Sql): Spaces {
  const insert = sql.prepare<[string, string]>('insert into space (name, spec) values (?, ?)')
  const update = sql.prepare<[string, string]>('update space set spec = ? where name = ?')
  const idOf = sql.prepare<[string], number>('select id from space where name = ?').pluck()
  const selectOne = sql.prepare<[number], Row>('select id, name, spec from space where id = ?')
  const selectAll = sql.prepare<[], Row>('select id, name, spec from space order by id desc')
  const selectWanted = sql.prepare<[], Row>('select id, name, spec from space where wanted')
  const setWanted = sql.prepare<[number | null]>('update space set wanted = (id is ?)')
  const adopt = sql.prepare<[number]>(
    `update namespace set space = ? where space is null or not exists
       (select 1 from memory where namespace_id = namespace.id and pieces is not null)`,
  )
  const spaceOf = sql.prepare<[number], number | null>('select space from namespace where id = ?').pluck()
  const listeners: (() => void)[] = []

  const want = sql.transaction((space: Space | undefined) => {
    setWanted.run(space?.id ?? null)
    if (space) adopt.run(space.id)
  })

  return {
    register(name, spec) {
      const json = JSON.stringify(spec)
      if (update.run(json, name).changes === 0) insert.run(name, json)
      return { id: idOf.get(name) ?? 0, name, spec }
    },
    find: (id) => selectOne.all(id).map(toSpace)[0],
    wanted: () => selectWanted.all().map(toSpace)[0],
    want(space) {
      want(space)
      for (const listener of listeners) listener()
    },
    onWanted: (listener) => void listeners.push(listener),
    newest: (isLike) =>
      selectAll
        .all()
        .map(toSpace)
        .find(({ spec }) => isLike(spec)),
    ofNamespace: (namespace) => spaceOf.get(namespace) ?? undefined,
  }
}

const toSpace = ({ id, name, spec }: Row): Space => ({ id, name, spec: JSON.parse(spec) })
