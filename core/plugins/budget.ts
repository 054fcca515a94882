import type { CoreConfig, PluginConfig } from '../config/schema.ts'
import type { Database, Migration } from '../database.ts'
import { problem } from '../errors.ts'
import type { Caller } from '../http/env.ts'
import type { Log } from '../log.ts'
import { grantedTo } from '../users/rights.ts'

export const budgetMigration: Migration = {
  id: 'plugins-3-model-use',
  sql: `create table plugin_model_use (
    plugin_id text primary key,
    day text not null,
    calls integer not null,
    tokens integer not null
  ) strict, without rowid`,
}

/** How much of the language model a plugin has used today. */
export interface ModelUse {
  readonly calls: number
  readonly tokens: number
}

/** How much of the language model plugins use on a day of this machine. */
export interface Budget {
  today(pluginId: string): ModelUse
  /**
   * Counts a call before it is made, with the tokens of its prompt. Where there is a budget it is on disk when this
   * resolves, so that no restart brings a plugin more.
   * @returns corrects the tokens once the answer is there
   * @throws Problem `budget_spent`
   */
  open(pluginId: string, tokens: number, granted: PluginConfig['model']): Promise<(tokens: number) => void>
}

export function createBudget({
  database,
  now,
  log,
}: {
  database: Database
  now: () => number
  log: Log
}): Budget {
  const replace = database.sql.prepare('insert or replace into plugin_model_use values (?, ?, ?, ?)')
  const find = database.sql.prepare<[string], ModelUse & { day: string }>(
    'select day, calls, tokens from plugin_model_use where plugin_id = ?',
  )
  const used = new Map<string, ModelUse & { day: string }>()

  const dayNow = (): string => new Date(now()).toLocaleDateString('sv-SE')

  function today(pluginId: string): ModelUse & { day: string } {
    const day = dayNow()
    const none = { day, calls: 0, tokens: 0 }
    const known = used.get(pluginId) ?? find.get(pluginId) ?? none
    used.set(pluginId, known)
    return known.day === day ? known : none
  }

  function store(pluginId: string, use: ModelUse & { day: string }): Promise<unknown> {
    used.set(pluginId, use)
    return database.write(() => replace.run(pluginId, use.day, use.calls, use.tokens))
  }

  const storeLater = (pluginId: string, use: ModelUse & { day: string }): void =>
    void store(pluginId, use).catch((error: unknown) =>
      log.error({ err: error, plugin: pluginId }, 'model use could not be stored'),
    )

  return {
    today(pluginId) {
      const { calls, tokens } = today(pluginId)
      return { calls, tokens }
    },
    async open(pluginId, tokens, granted) {
      const before = today(pluginId)
      const opened = { ...before, calls: before.calls + 1, tokens: before.tokens + tokens }
      if (typeof granted === 'object') {
        assertWithin(pluginId, opened, granted)
        await store(pluginId, opened)
      } else storeLater(pluginId, opened)
      return (spent) => {
        const current = today(pluginId)
        storeLater(pluginId, { ...current, tokens: current.tokens + Math.max(0, spent - tokens) })
      }
    },
  }
}

/** For whoever asks: what core.yml grants a plugin now counts, and the owner has no budget. @throws Problem `budget_spent` */
export const spendingOf =
  (budget: Budget, config: () => Pick<CoreConfig, 'plugins'>) =>
  async (caller: Caller, tokens: number): Promise<(tokens: number) => void> => {
    if (caller.kind !== 'plugin') return () => undefined
    const granted = grantedTo(caller.plugin_id, config())?.model ?? false
    return budget.open(caller.plugin_id, tokens, granted)
  }

function assertWithin(
  pluginId: string,
  { calls, tokens }: ModelUse,
  { calls_per_day = Infinity, tokens_per_day = Infinity }: Exclude<PluginConfig['model'], boolean>,
): void {
  if (calls > calls_per_day)
    throw problem('budget_spent', pluginId, `${calls_per_day} calls`, pluginId, 'calls_per_day')
  if (tokens > tokens_per_day)
    throw problem('budget_spent', pluginId, `${tokens_per_day} tokens`, pluginId, 'tokens_per_day')
}
