import type { PluginRequest } from '#contract'
import type { Core } from './core.ts'

/** The same Core, told which request is being answered: that opens the person's memory to a plugin granted `users`. */
export function duringTurn(core: Core, { metadata }: PluginRequest): Core {
  const { turn_token } = metadata
  if (typeof turn_token !== 'string') return core
  return {
    ...core,
    memory: {
      add: (memory, options) => core.memory.add({ turn_token, ...memory }, options),
      search: (query, options) => core.memory.search({ turn_token, ...query }, options),
    },
  }
}
