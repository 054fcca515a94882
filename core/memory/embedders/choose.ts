import { isAbsolute, join, resolve } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import type { MemoryStatus } from '#contract'
import type { CoreConfig } from '../../config/schema.ts'
import type { Log } from '../../log.ts'
import type { Embedder } from '../embedder.ts'
import { BUNDLED_SPACE, type Spaces, type SpaceSpec } from '../spaces.ts'
import { type Arrival, createArrival } from './arrival.ts'
import { bringModel, type ModelSource } from './bring-model.ts'
import { openEmbedder, probeEndpoint } from './open.ts'

/** The embedders of the vector spaces in which something is, or will be, indexed. */
export interface Embedders {
  /** Undefined when it can't be had (now): its model is gone. */
  of(space: number): Embedder | undefined
  status(): EmbedderStatus
  close(): Promise<void>
}

/** The vector space of what is added now, null while there is none; and how far the model of core.yml has come. */
export type EmbedderStatus = Pick<MemoryStatus, 'embedder' | 'model'>

/** Makes the embedders, once the spaces are known. */
export type OpenEmbedders = (spaces: Spaces) => Embedders

export interface ChooseOptions {
  readonly config: CoreConfig['memory']
  /** Relative paths of models count from here. */
  readonly home: string
  /** The folder of the models that were fetched. */
  readonly models: string
  readonly log: Log
  /** Longest silence of a mirror, and the pause before the next try, in ms. */
  readonly silence?: number
  readonly firstPause?: number
}

const SILENCE = 30_000

/**
 * The embedders that core.yml asks for. `auto` uses the bundled one until the model that is named has arrived, if one
 * is; what is indexed with an earlier one stays in use until it is rebuilt.
 */
export function chooseEmbedders(options: ChooseOptions): OpenEmbedders {
  const { config, log } = options
  const { embedder: kind, model, base_url = '', api_key } = config
  const idle = config.idle_seconds * 1_000

  return (spaces) => {
    const opened = new Map<number, Embedder>()
    let arrival: Arrival | undefined

    function start(): void {
      if (kind === 'bundled' || model === undefined) return spaces.want(bundled())
      const before = spaces.newest((spec) => isOf(spec, config))
      spaces.want(before ?? (kind === 'auto' ? bundled() : undefined))
      // An endpoint whose length is known is asked when it is needed; a model is looked after, as its files may be gone.
      if (kind !== 'openai-compatible' || !before) bring(model)
    }

    const bundled = () => spaces.register(BUNDLED_SPACE, { kind: 'bundled' })

    function bring(name: string): void {
      const { firstPause } = options
      arrival = createArrival({
        model: name,
        log,
        firstPause,
        attempt:
          kind === 'openai-compatible'
            ? async () => take(await probeEndpoint({ base_url, model: name, api_key }))
            : async (report, signal) =>
                take(await bringModel(sourceOf(name, options), { spaces, report, signal })),
      })
    }

    function take([name, spec]: readonly [string, SpaceSpec]): void {
      const known = spaces.newest((one) => isDeepStrictEqual(one, spec))
      const space = spaces.register(name, spec)
      if (!known) void opened.get(space.id)?.close()
      if (!known) opened.delete(space.id)
      spaces.want(space)
    }

    /** The endpoint has another model behind the same name now. */
    function probeAgain(space: number): void {
      if (spaces.wanted()?.id !== space || arrival?.state().state === 'checking' || model === undefined)
        return
      void arrival?.close()
      bring(model)
    }

    start()
    return {
      of(id) {
        const running = opened.get(id)
        const space = running ? undefined : spaces.find(id)
        if (!space) return running
        const key = isOf(space.spec, config) ? api_key : undefined
        const embedder = openEmbedder(space, { log, idle, api_key: key, onOtherLength: () => probeAgain(id) })
        if (embedder) opened.set(id, embedder)
        return embedder
      },
      status: () => ({
        embedder: spaces.wanted()?.name ?? null,
        ...(kind !== 'bundled' &&
          model !== undefined && { model: { name: model, ...(arrival?.state() ?? { state: 'ready' }) } }),
      }),
      async close() {
        await arrival?.close()
        await Promise.all([...opened.values()].map((embedder) => embedder.close()))
      },
    }
  }
}

/** These embedders, whatever core.yml says: the first for what is added, the others for what is indexed with them. */
export const givenEmbedders =
  (wanted: Embedder, ...earlier: readonly Embedder[]): OpenEmbedders =>
  (spaces) => {
    const all = [wanted, ...earlier]
    const numbered = new Map(all.map((one) => [spaces.register(one.id, { kind: 'given' }).id, one]))
    spaces.want(spaces.register(wanted.id, { kind: 'given' }))
    return {
      of: (id) => numbered.get(id),
      status: () => ({ embedder: wanted.id }),
      close: async () => void (await Promise.all(all.map((one) => one.close()))),
    }
  }

/** A path begins with `.` or is absolute; anything else is the name of a model at a mirror. */
function sourceOf(model: string, { config, home, models, silence = SILENCE }: ChooseOptions): ModelSource {
  if (model.startsWith('.') || isAbsolute(model)) {
    return { model, folder: resolve(home, model), mirror: undefined }
  }
  return { model, folder: join(models, model), mirror: { url: config.mirror, silence } }
}

/** Whether it is a space of the model that core.yml names. */
function isOf(spec: SpaceSpec, { embedder: kind, model, base_url }: CoreConfig['memory']): boolean {
  if (spec.kind === 'transformers') return isLocalKind(kind) && spec.model === model
  if (spec.kind !== 'openai-compatible') return false
  return kind === 'openai-compatible' && spec.model === model && spec.base_url === base_url
}

const isLocalKind = (kind: CoreConfig['memory']['embedder']): boolean =>
  kind === 'auto' || kind === 'transformers'
