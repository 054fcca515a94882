import { isDeepStrictEqual } from 'node:util'
import type { CoreConfig, ModelConfig } from '../config/schema.ts'
import type { Log } from '../log.ts'
import { createBuiltinModel } from './builtin.ts'
import { createChain } from './chain.ts'
import { findLocalModel, type FoundModel, LOCAL_ENDPOINTS, type LocalEndpoint } from './detect.ts'
import { type Model, ModelError, type ModelEvent, type Models } from './model.ts'
import { createOpenAiModel, type OpenAiModel } from './openai.ts'

/** How often this machine is searched while no model is there, in ms. */
const SEARCH_EVERY = 30_000

/** The models in use, as the configuration says them. */
interface Line {
  readonly kind: 'configured' | 'found' | 'builtin'
  readonly all: readonly OpenAiModel[]
  readonly chain: Model
}

/**
 * Follows `config().` from one call to the next, so an edit of core.yml counts at once. `auto` searches `endpoints` in the
 * background: at once, every `searchEvery` ms while there is none, and when the one that was found refuses.
 */
export function createModels({
  config,
  log,
  endpoints = LOCAL_ENDPOINTS,
  searchEvery = SEARCH_EVERY,
}: {
  config: () => CoreConfig['model']
  log: Log
  endpoints?: readonly LocalEndpoint[] | undefined
  searchEvery?: number | undefined
}): Models {
  const builtin: Line = { kind: 'builtin', all: [], chain: createBuiltinModel() }
  const ending = new AbortController()
  let current = config()
  let line = lineOf(current)
  let found: FoundModel | undefined
  let searching: Promise<void> | undefined

  function lineOf(model: CoreConfig['model']): Line {
    if (model === 'auto' || model === 'none') return builtin
    return createLine('configured', [model].flat())
  }

  function change(next: Line): void {
    const old = line
    line = next
    for (const model of old.all) {
      model
        .close()
        .catch((error: unknown) => log.warn({ err: error, model: model.name }, 'model: not closed'))
    }
  }

  function follow(): void {
    const next = config()
    if (isDeepStrictEqual(next, current)) return
    current = next
    found = undefined
    change(lineOf(next))
    if (next === 'auto') search()
  }

  function search(): void {
    searching ??= findLocalModel(endpoints, ending.signal)
      .then(take)
      .finally(() => {
        searching = undefined
      })
  }

  function take(next: FoundModel | undefined): void {
    if (current !== 'auto' || ending.signal.aborted || isDeepStrictEqual(next, found)) return
    found = next
    if (!next) {
      log.info('model: the local one is gone, builtin answers')
      return change(builtin)
    }
    log.info(
      { product: next.product, model: next.name, base_url: next.base_url },
      'model: found on this machine',
    )
    const { name, base_url } = next
    const fresh = createLine('found', [{ name, base_url }])
    change({ ...fresh, chain: watchRefusals(fresh.chain, search) })
  }

  const timer = setInterval(() => {
    if (current === 'auto' && !found) search()
  }, searchEvery).unref()
  if (current === 'auto') search()

  return {
    pick(name) {
      follow()
      return (line.all.length > 1 && line.all.find((model) => model.name === name)) || line.chain
    },
    status() {
      follow()
      return { kind: line.kind, name: line.chain.name }
    },
    async close() {
      clearInterval(timer)
      ending.abort()
      await searching
      await Promise.all(line.all.map((model) => model.close()))
    },
  }
}

function createLine(kind: 'configured' | 'found', configs: readonly ModelConfig[]): Line {
  const all = configs.map((config) => createOpenAiModel(config))
  const [first, ...rest] = all
  if (!first) throw new TypeError('a list of models is never empty')
  return { kind, all, chain: rest.length === 0 ? first : createChain([first, ...rest]) }
}

/** The same model; tells when it refuses, which may mean that it was ended or replaced. */
function watchRefusals(model: Model, onRefused: () => void): Model {
  return {
    name: model.name,
    async *stream(messages, options): AsyncGenerator<ModelEvent> {
      try {
        yield* model.stream(messages, options)
      } catch (error) {
        if (error instanceof ModelError && error.fault === 'refused') onRefused()
        throw error
      }
    },
  }
}
