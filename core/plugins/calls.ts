import { normalizeId } from '#contract'
import { problem, problemFrom } from '../errors.ts'
import { CallFailed, type Fault } from './answer.ts'
import type { Outcome } from './breaker.ts'
import type { Client } from './client.ts'
import type { Journal } from './journal.ts'
import type { Known } from './known.ts'
import type { Plugins } from './plugins.ts'
import { createTurnTokens } from './turn-tokens.ts'

/** Longest error text of a plugin that is passed on. */
const MAX_REASON = 300

const PROBLEM_OF = {
  unreachable: 'plugin_offline',
  timeout: 'plugin_offline',
  failed: 'plugin_failed',
  refused: 'plugin_refused',
  answer: 'plugin_answer',
} as const satisfies Record<Fault, string>

const OUTCOME_OF = {
  unreachable: 'unreachable',
  timeout: 'timeout',
  failed: 'misbehaved',
  refused: 'answered',
  answer: 'misbehaved',
} as const satisfies Record<Fault, Outcome>

/** On its own paths a plugin may refuse what a person wants: that says nothing about its health. */
const OUTCOME_OF_OPTIONAL = { ...OUTCOME_OF, failed: 'answered' } as const satisfies Record<Fault, Outcome>

/** Calls to plugins that feed their breakers, with faults put into problems. */
export function createCalls({
  find,
  nameOf,
  journal,
}: {
  find: (id: string) => Known | undefined
  nameOf: (id: string) => string
  journal: Journal
}): Pick<Plugins, 'call' | 'fetch' | 'namespaceServed'> {
  const turns = createTurnTokens()

  /** Without any I/O when the plugin is not up. */
  async function use<T>(
    pluginId: string,
    outcomeOf: Record<Fault, Outcome>,
    job: (client: Client) => Promise<T>,
  ): Promise<T> {
    const id = normalizeId(pluginId)
    const known = find(id)
    if (!known?.client || !known.breaker.closed) throw problem('plugin_offline', nameOf(id))
    const { client, breaker } = known
    const { era } = breaker
    try {
      const value = await job(client)
      breaker.report(era, 'answered')
      return value
    } catch (cause) {
      if (!(cause instanceof CallFailed)) throw cause
      breaker.report(era, outcomeOf[cause.fault])
      journal.say(id, 'warn', 'plugin call failed', { fault: cause.fault, detail: cause.message })
      throw problemFrom(cause, PROBLEM_OF[cause.fault], nameOf(id), reasonOf(cause.reason ?? cause.message))
    }
  }

  return {
    async call(pluginId, request, options = {}) {
      const { namespace } = options
      const turn = namespace === undefined ? undefined : turns.begin(normalizeId(pluginId), namespace)
      const metadata = turn ? { ...request.metadata, turn_token: turn.token } : request.metadata
      const result = await use(pluginId, OUTCOME_OF, (client) =>
        client.run({ ...request, metadata }, options),
      ).finally(() => turn?.end())
      if (!result.success)
        throw problem('plugin_failed', nameOf(normalizeId(pluginId)), reasonOf(result.error || result.text))
      return result
    },
    fetch: (pluginId, method, path, body) =>
      use(pluginId, OUTCOME_OF_OPTIONAL, (client) => client.fetch(method, path, body)),
    namespaceServed: turns.namespaceOf,
  }
}

const reasonOf = (text: string): string => {
  const line = text.replaceAll(/[\p{Cc}\s]+/gu, ' ').trim()
  if (!line) return 'it gave no reason'
  return line.length > MAX_REASON ? `${line.slice(0, MAX_REASON)} …` : line
}
