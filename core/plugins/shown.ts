import type { PluginResult } from '#contract'

/** What a plugin wants to be shown beside its words; whatever has not the form of the contract is left out. */
export const shownBy = ({ metadata }: PluginResult): { images: string[]; ui: Record<string, unknown>[] } => ({
  images: listIn(metadata['images']).filter((item) => typeof item === 'string'),
  ui: listIn(metadata['ui']).filter(isRecord),
})

const listIn = (value: unknown): unknown[] => (Array.isArray(value) ? value : [])

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
