import { Hono } from 'hono'
import { z } from 'zod'
import { type CompanionEntry, MAX_ID, normalizeId, registration } from '#contract'
import { companionName } from '../companion.ts'
import type { CompanionConfig } from '../config/schema.ts'
import { problem } from '../errors.ts'
import type { Plugins } from '../plugins/plugins.ts'
import { assertOwner, assertPerson } from '../users/rights.ts'
import { check, readBody } from './body.ts'
import type { Caller, Env } from './env.ts'

export const unregistration = z.object({
  plugin_id: z.string().trim().min(1).max(MAX_ID).transform(normalizeId),
})

/** `/api/plugins…` for the owner (a plugin may register and unregister itself), `/api/companions` for people. */
export function pluginRoutes({
  plugins,
  companions,
}: {
  plugins: Plugins
  /** As core.yml says now. */
  companions: () => readonly CompanionConfig[]
}): Hono<Env> {
  const app = new Hono<Env>()

  app.post('/api/plugins/register', async (c) => {
    const caller = c.get('caller')
    requirePlugins(caller)
    const wanted = check(withoutNulls(await readBody(c, z.unknown())), registration, 'body_invalid')
    return c.json(await plugins.register(wanted, ownerOrItself(caller, wanted.plugin_id)))
  })

  app.post('/api/plugins/unregister', async (c) => {
    const caller = c.get('caller')
    requirePlugins(caller)
    const { plugin_id } = await readBody(c, unregistration)
    ownerOrItself(caller, plugin_id)
    return c.json({ removed: await plugins.unregister(plugin_id), plugin_id })
  })

  app.post('/api/plugins/unregister-all', async (c) => {
    assertOwner(c.get('caller'))
    const removed = await plugins.unregisterAll()
    return c.json({ removed, count: removed.length })
  })

  app.get('/api/plugins', (c) => {
    assertOwner(c.get('caller'))
    return c.json({ plugins: plugins.list() })
  })

  app.get('/api/plugins/health/:id', async (c) => {
    const plugin_id = normalizeId(c.req.param('id'))
    ownerOrItself(c.get('caller'), plugin_id)
    return c.json({ ok: await plugins.health(plugin_id), plugin_id })
  })

  app.get('/api/companions', (c) => {
    assertPerson(c.get('caller'))
    return c.json({ companions: companionEntries(plugins, companions()) })
  })

  return app
}

/** Upstream's plugins send `null` for what they leave out. */
function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls)
  if (typeof value !== 'object' || value === null) return value
  const given = Object.entries(value).filter(([, inner]) => inner !== null)
  return Object.fromEntries(given.map(([name, inner]) => [name, withoutNulls(inner)]))
}

/** The friends as the page lists them. */
export const companionEntries = (
  plugins: Plugins,
  companions: readonly CompanionConfig[],
): CompanionEntry[] =>
  companions
    .filter((companion) => companion.enabled)
    .map(({ keyword, picture, ...companion }) => ({
      id: companion.id,
      name: companionName({ ...companion, keyword }),
      plugin_id: companion.plugin_id,
      session_id_value: companion.session_id_value,
      ...(keyword && { keyword }),
      ...(picture && { picture: addressOfPicture(companion.id, picture) }),
      state: plugins.state(companion.plugin_id),
    }))

/** Another file is another address. */
const addressOfPicture = (id: string, file: string): string =>
  `/api/companions/${encodeURIComponent(id)}/picture?${new URLSearchParams({ file })}`

/** Before the body is read: nobody else gets to know what a valid one is. */
function requirePlugins(caller: Caller): void {
  if (caller.kind !== 'owner' && caller.kind !== 'plugin')
    throw problem('not_allowed', 'Only the owner and the plugin itself may do this')
}

function ownerOrItself(caller: Caller, pluginId: string): 'owner' | 'plugin' {
  if (caller.kind === 'owner') return 'owner'
  if (caller.kind === 'plugin' && caller.plugin_id === pluginId) return 'plugin'
  throw problem('not_allowed', `This key may not speak for the plugin "${pluginId}"`)
}
