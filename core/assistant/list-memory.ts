/** The memory port on a list, for tests of its users that need no disk and no index. */
import { randomUUID } from 'node:crypto'
import type { FoundMemory } from '#contract'
import type { Memory, NewMemory } from '../memory/memory.ts'
import { contentWords, coverage } from '../model/words.ts'

export function createListMemory(): Memory {
  const kept: { readonly namespace: string; readonly found: FoundMemory }[] = []

  function record({ namespace, text, source }: NewMemory): { id: string } {
    const id = randomUUID()
    const created_at = new Date().toISOString()
    kept.push({ namespace, found: { id, memory: text, source, score: 0, created_at } })
    return { id }
  }

  return {
    record,
    add: async (memory) => record(memory),
    async search({ namespace, text, limit, exceptSources = [] }) {
      const wanted = contentWords(text)
      return kept
        .filter((one) => one.namespace === namespace && !exceptSources.includes(one.found.source.id))
        .map(({ found }) => ({ ...found, score: coverage(wanted, found.memory) }))
        .filter(({ score }) => score > 0)
        .sort((one, other) => other.score - one.score)
        .slice(0, limit)
    },
    async forget(namespace, id) {
      const at = kept.findIndex((one) => one.namespace === namespace && one.found.id === id)
      return at >= 0 && kept.splice(at, 1).length === 1
    },
    indexed: async () => undefined,
    close: async () => undefined,
  }
}
