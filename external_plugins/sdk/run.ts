import { normalizeId, type PluginRequest, type PluginResult } from '#contract'
import type { Core } from './core.ts'
import { CoreError, PluginError } from './errors.ts'
import type { Log } from './log.ts'
import type { Answer, CapabilityDefinition, Plugin } from './plugin.ts'
import { duringTurn } from './turn.ts'

/** Answers requests with the plugin's capabilities, and knows which are running. */
export interface Runner {
  /**
   * Never rejects: every fault is `success: false` with a sentence that says what happened. The same request again
   * gets the same result, while it is one of the latest.
   */
  run(
    request: PluginRequest,
    caller: { emit: (text: string) => void; gone: AbortSignal },
  ): Promise<PluginResult>
  /** Waits for what runs, at most `ms`; then aborts the rest and lets it answer. */
  drain(ms: number): Promise<void>
}

/** So many results are kept for requests that come again. */
const KEPT_RESULTS = 200

export function createRunner({ plugin, core, log }: { plugin: Plugin; core: Core; log: Log }): Runner {
  const stop = new AbortController()
  const results = new Map<string, PluginResult>()
  const running = new Set<Promise<PluginResult>>()
  const seconds = plugin.timeout_sec ?? 120

  async function answer(
    request: PluginRequest,
    { emit, gone }: { emit: (text: string) => void; gone: AbortSignal },
  ): Promise<PluginResult> {
    const started = performance.now()
    const runLog = log.child({ turn: request.request_id })
    const frame = { request_id: request.request_id, plugin_id: plugin.id }
    const signal = AbortSignal.any([gone, stop.signal, AbortSignal.timeout(seconds * 1_000)])
    try {
      const capability = capabilityOf(plugin, request)
      const answer = await orAborted(
        capability.run(request, { emit, core: duringTurn(core, request), signal, log: runLog }),
        signal,
      )
      runLog.info({ ms: Math.round(performance.now() - started) }, 'answered')
      return { ...frame, success: true, error: null, metadata: {}, ...partsOf(answer) }
    } catch (error) {
      const fault = faultOf(error, { signal, stopping: stop.signal.aborted, seconds })
      if (fault.code === 'bug') runLog.error({ err: error }, 'a bug in this plugin')
      else runLog.warn({ code: fault.code, ms: Math.round(performance.now() - started) }, 'not answered')
      return { ...frame, success: false, text: '', error: fault.message, metadata: {} }
    }
  }

  /** What failed may run again. */
  function keep(key: string, result: PluginResult): void {
    if (!result.success) return
    results.set(key, result)
    const [oldest] = results.keys()
    if (results.size > KEPT_RESULTS && oldest !== undefined) results.delete(oldest)
  }

  return {
    run(request, caller) {
      const known = results.get(keyOf(request))
      if (known) return Promise.resolve(known)
      const result = answer(request, caller)
      running.add(result)
      void result.then((kept) => keep(keyOf(request), kept))
      return result.finally(() => running.delete(result))
    },
    async drain(ms) {
      const done = Promise.all(running)
      const late = AbortSignal.timeout(ms)
      late.addEventListener('abort', () => stop.abort(), { once: true })
      await done
    },
  }
}

/** The id with what is asked for: with another wish it is another request. */
const keyOf = ({
  request_id,
  user_id,
  user_input,
  capability_id,
  capability_parameters,
}: PluginRequest): string =>
  JSON.stringify([request_id, user_id, user_input, capability_id, capability_parameters])

/** @throws PluginError when there is nothing to answer, or nothing that could */
function capabilityOf(plugin: Plugin, request: PluginRequest): CapabilityDefinition {
  const ids = Object.keys(plugin.capabilities)
  const asked = request.capability_id
    ? normalizeId(request.capability_id)
    : ids.length === 1
      ? ids[0]
      : undefined
  if (asked === undefined)
    throw new PluginError('failed', `No capability was named. There are: ${ids.join(', ')}`)
  const capability = Object.hasOwn(plugin.capabilities, asked) ? plugin.capabilities[asked] : undefined
  if (!capability)
    throw new PluginError('failed', `There is no capability "${asked}". There are: ${ids.join(', ')}`)
  const given = Object.keys(request.capability_parameters ?? {}).length > 0
  if (!given && request.user_input.trim() === '')
    throw new PluginError('failed', 'There is no text to answer')
  return capability
}

/** A capability that ignores its signal does not keep its caller waiting. */
function orAborted<T>(answer: Promise<T> | T, signal: AbortSignal): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>()
  const abort = (): void => reject(new CoreError('stopped', 'It was stopped'))
  if (signal.aborted) abort()
  signal.addEventListener('abort', abort, { once: true })
  return Promise.race([answer, promise]).finally(() => signal.removeEventListener('abort', abort))
}

function partsOf(answer: Answer): Pick<PluginResult, 'text'> & Partial<Pick<PluginResult, 'metadata'>> {
  return typeof answer === 'string' ? { text: answer } : answer
}

function faultOf(
  error: unknown,
  { signal, stopping, seconds }: { signal: AbortSignal; stopping: boolean; seconds: number },
): { code: string; message: string } {
  if (stopping) return { code: 'stopping', message: 'The plugin is stopping' }
  if (signal.aborted)
    return signal.reason instanceof DOMException && signal.reason.name === 'TimeoutError'
      ? { code: 'timeout', message: `It took longer than ${seconds} s` }
      : { code: 'stopped', message: 'The caller went away' }
  if (error instanceof PluginError || error instanceof CoreError) return error
  return { code: 'bug', message: 'internal error' }
}
