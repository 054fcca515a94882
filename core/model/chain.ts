import { type Model, ModelError, type ModelEvent, type ModelFault } from './model.ts'

/** How long a model that failed is passed over, in ms, so that not every turn pays for it. */
const SKIP = 30_000
/** The same when the endpoint itself said how long. */
const MAX_SKIP = 300_000

/** Faults that another model may not have. A prompt that is too long and a stop by the caller are nobody's failure. */
const WORTH_ANOTHER: ReadonlySet<ModelFault> = new Set([
  'refused',
  'auth',
  'busy',
  'timeout',
  'bad_answer',
  'cut',
])

/**
 * Asks the first model, and the next one when it fails before its first word; the last error is thrown. Once words are
 * out there is no second try: they cannot be taken back. A model that failed is passed over for a while, unless all did.
 */
export function createChain(
  models: readonly [Model, ...Model[]],
  { now = Date.now }: { now?: () => number } = {},
): Model {
  const skippedUntil = new Map<Model, number>()

  function inOrder(): readonly Model[] {
    const ready = models.filter((model) => (skippedUntil.get(model) ?? 0) <= now())
    return ready.length > 0 ? ready : models
  }

  function passOver(model: Model, { retryAfter }: ModelError): void {
    const wait = retryAfter === undefined ? SKIP : Math.min(retryAfter * 1_000, MAX_SKIP)
    skippedUntil.set(model, now() + wait)
  }

  return {
    name: models[0].name,
    async *stream(messages, options): AsyncGenerator<ModelEvent> {
      const candidates = inOrder()
      for (const [index, model] of candidates.entries()) {
        let emitted = false
        try {
          for await (const event of model.stream(messages, options)) {
            emitted ||= event.type !== 'usage'
            yield event
          }
          skippedUntil.delete(model)
          return
        } catch (error) {
          if (!(error instanceof ModelError) || !WORTH_ANOTHER.has(error.fault)) throw error
          passOver(model, error)
          if (emitted || index === candidates.length - 1) throw error
        }
      }
    },
  }
}
