import { z } from 'zod'

/** A line of what a plugin wrote, or of what happened to it. */
export const pluginLine = z.object({
  at: z.string().describe('ISO 8601'),
  level: z.enum(['debug', 'info', 'warn', 'error']),
  text: z.string(),
})
export type PluginLine = z.infer<typeof pluginLine>

/** How a plugin runs. */
export const pluginMode = z
  .enum(['core', 'hand', 'off', 'found'])
  .describe(
    '`core`: Core keeps it running. `hand`: somebody starts it by hand. `off`: core.yml says `enabled: false`. ' +
      '`found`: it lies in external_plugins, and core.yml does not name it.',
  )
export type PluginMode = z.infer<typeof pluginMode>
