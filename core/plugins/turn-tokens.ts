import { randomUUID } from 'node:crypto'

/** What proves that a plugin is just answering somebody: worth something to that plugin, until the call is over. */
export interface TurnTokens {
  /** @param namespace the memory of whoever is answered */
  begin(pluginId: string, namespace: string): { readonly token: string; end(): void }
  /** The memory namespace of the turn that this plugin answers with this token; undefined when it is over, or not its own. */
  namespaceOf(pluginId: string, token: string | undefined): string | undefined
}

export function createTurnTokens(): TurnTokens {
  const running = new Map<string, { readonly pluginId: string; readonly namespace: string }>()
  return {
    begin(pluginId, namespace) {
      const token = randomUUID()
      running.set(token, { pluginId, namespace })
      return { token, end: () => void running.delete(token) }
    },
    namespaceOf(pluginId, token) {
      const turn = token === undefined ? undefined : running.get(token)
      return turn?.pluginId === pluginId ? turn.namespace : undefined
    },
  }
}
