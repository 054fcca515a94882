import { z } from 'zod'
import { definePlugin, PluginError, type Plugin, readBody } from '#plugin-sdk'
import { syncFolder } from './atomic.ts'
import { createChat } from './chat.ts'
import { type FriendsConfig, personaOf } from './config.ts'
import { DEFAULT_COMPANION } from './persona.ts'
import { writeFirst } from './nudges.ts'
import { createPlans } from './plans.ts'
import { openSettings, settingsChange } from './settings.ts'
import { openStore } from './store.ts'
import { turnOf } from './turn.ts'

const query = z.object({
  persona: z.string().trim().min(1).default(DEFAULT_COMPANION),
  before: z.coerce.number().int().min(0).optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
})

/**
 * The Friends plugin: one Friend, or one per companion of core.yml.
 * @param folder where chats and settings are kept
 * @param now ms since 1970: when the Friend writes first goes by it
 */
export function createFriends({
  folder,
  config,
  now = Date.now,
}: {
  folder: string
  config: FriendsConfig
  now?: () => number
}): Plugin {
  const settings = openSettings(folder, (companionId) => personaOf(config, companionId))
  const { timeZone } = Intl.DateTimeFormat().resolvedOptions()
  const store = openStore(folder)
  const plans = createPlans({ settings, now })
  const chat = createChat({ store, settings, timeZone })

  return definePlugin({
    id: 'friends',
    name: 'Friends',
    description: 'The Friend of the companion app: a persona to talk with, with a memory of its own.',
    timeout_sec: 120,
    capabilities: {
      chat: {
        name: 'Chat',
        description: 'Talk with the Friend',
        run(request, run) {
          plans.heard(turnOf(request).thread, run)
          return chat.answer(request, run)
        },
      },
      nudge: {
        name: 'Write first',
        description: 'Core calls it when a planned moment has come',
        run: (request, run) => writeFirst({ store, settings, plans, timeZone, now }, request, run),
      },
    },
    routes(app, { core }) {
      app.get('/settings/:user_id', async (c) => {
        const { persona } = checked(c.req.query())
        return c.json(await settings.of(c.req.param('user_id'), persona))
      })
      app.post('/settings/:user_id', async (c) => {
        const { persona } = checked(c.req.query())
        const user_id = c.req.param('user_id')
        const change = await readBody(c, settingsChange)
        const changed = await settings.change(user_id, persona, change)
        if (PLANNED.some((key) => Object.hasOwn(change, key)))
          await plans.follow({ user_id, persona }, changed.settings, core)
        return c.json(changed)
      })
      app.delete('/data/:user_id', async (c) => {
        const user_id = c.req.param('user_id')
        const removed = (await chat.forget(user_id)) + (await settings.forget(user_id))
        plans.forget(user_id)
        await syncFolder(folder)
        return c.json({ removed })
      })
      app.get('/history/:user_id', (c) => {
        const { persona, before, limit } = checked(c.req.query())
        return c.json(chat.history({ user_id: c.req.param('user_id'), persona }, { before, limit }))
      })
    },
    close: () => chat.close(),
  })
}

/** Settings that say when the Friend writes first. */
const PLANNED = ['idle_days_before_nudge', 'good_morning', 'good_night'] as const

function checked(values: Record<string, string>): z.infer<typeof query> {
  const result = query.safeParse(values)
  if (result.success) return result.data
  const faults = result.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`)
  throw new PluginError('body_invalid', `The query is not valid: ${faults.join('; ')}`)
}
