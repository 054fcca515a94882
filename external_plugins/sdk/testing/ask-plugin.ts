import type { PluginRequest, PluginResult } from '#contract'
import { createLog } from '../log.ts'
import type { Plugin } from '../plugin.ts'
import { servePlugin } from '../serve.ts'
import { run } from './client.ts'
import { startTestCore } from './core.ts'

/** Serves the plugin, with a Core for tests, and asks it once. */
export async function ask(plugin: Plugin, fields: Partial<PluginRequest>): Promise<PluginResult> {
  const core = await startTestCore()
  const log = createLog(plugin.id, 'silent')
  const serving = await servePlugin(plugin, { port: 0, core: { url: core.url, key: core.ownerKey }, log })
  try {
    await serving.registered
    const [first] = Object.keys(plugin.capabilities)
    return await run(serving.url, core.token(), { plugin_id: plugin.id, capability_id: first, ...fields })
  } finally {
    await serving.stop()
    await core.close()
  }
}
