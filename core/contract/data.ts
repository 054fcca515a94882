import { z } from 'zod'

/** Where something of a person lies. */
export const dataPlace = z
  .enum([
    'messages',
    'memories',
    'files',
    'jobs',
    'inbox',
    'nudges',
    'devices',
    'whereabouts',
    'access',
    'plugin',
  ])
  .describe(
    '`inbox`: what waits to be seen or fetched. `nudges`: who may write first. `whereabouts`: last channels and location. `access`: tokens and log-ins. `plugin`: what a plugin keeps itself',
  )
export type DataPlace = z.infer<typeof dataPlace>

/** One line of `GET /api/users/{id}/data`: the first is `about`, the last `end`. */
export const dataLine = z.looseObject({
  kind: z
    .string()
    .describe(
      '`message`, `memory`, `file` (a piece of one: `path`, `at`, `base64`), `job`, `friend_message`, `friend_settings` …; `missing` says what is not in it, and why',
    ),
})
export type DataLine = z.infer<typeof dataLine>

/** The answer of `DELETE /api/users/{id}/data`. */
export const dataRemoved = z.object({
  user_id: z.string(),
  removed: z
    .array(
      z.object({
        place: dataPlace,
        count: z.number(),
        plugin_id: z.string().optional(),
        name: z.string().optional().describe('Of the plugin'),
      }),
    )
    .describe('Not one byte of it is left'),
  not_removed: z
    .array(
      z.object({
        place: dataPlace,
        why: z
          .enum(['offline', 'not_offered', 'failed', 'off', 'later'])
          .describe(
            '`not_offered`: this plugin cannot be asked. `off`: memory is off in core.yml. `later`: the disk refused; the next start does it',
          ),
        detail: z.string(),
        plugin_id: z.string().optional(),
        name: z.string().optional().describe('Of the plugin'),
      }),
    )
    .describe('What may still be there. Asking again does what can be done by then'),
  kept: z
    .array(z.enum(['user_entry', 'pass_code', 'this_log_in']))
    .describe('What belongs to being a user of this Core: the owner takes it away'),
})
export type DataRemoved = z.infer<typeof dataRemoved>

/** The answer of a plugin to `DELETE /data/{user_id}`: nothing of this person is left with it. Optional. */
export const pluginDataRemoved = z.object({
  removed: z.number().describe('How many things: chats, settings …'),
})
