import { Hono } from 'hono'
import type { PluginEntry } from '#contract'
import type { PluginEdits } from '../config/edit-plugins.ts'
import type { Plugins } from '../plugins/plugins.ts'
import { assertOwner } from '../users/rights.ts'
import type { Env } from './env.ts'

/** Plugins on and off, anew, and what they write: for the owner. */
export function supervisionRoutes({ plugins, edits }: { plugins: Plugins; edits: PluginEdits }): Hono<Env> {
  const app = new Hono<Env>()

  app.get('/api/plugins/:id/logs', (c) => {
    assertOwner(c.get('caller'))
    return c.json({ lines: plugins.lines(c.req.param('id')) })
  })

  app.post('/api/plugins/:id/enable', async (c) => {
    assertOwner(c.get('caller'))
    return c.json(await switched(c.req.param('id'), true))
  })

  app.post('/api/plugins/:id/disable', async (c) => {
    assertOwner(c.get('caller'))
    return c.json(await switched(c.req.param('id'), false))
  })

  app.post('/api/plugins/:id/restart', (c) => {
    assertOwner(c.get('caller'))
    plugins.restart(c.req.param('id'))
    return c.json(plugins.entry(c.req.param('id')))
  })

  async function switched(id: string, enabled: boolean): Promise<PluginEntry> {
    const { plugin_id } = plugins.entry(id)
    await edits.enable(plugin_id, enabled)
    return plugins.entry(plugin_id)
  }

  return app
}
