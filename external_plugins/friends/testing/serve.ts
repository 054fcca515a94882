import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  type HistoryPage,
  historyPage,
  type ModelMessage,
  type PluginRequest,
  type PluginResult,
} from '#contract'
import { createLog, servePlugin } from '#plugin-sdk'
import { call, run } from '../../sdk/testing/client.ts'
import { startTestCore, type TestCore } from '../../sdk/testing/core.ts'
import { createFriends } from '../friends.ts'

/** The plugin in this process, with a Core on the other side of the wire and a folder of its own. */
export interface Friends {
  readonly core: TestCore
  readonly folder: string
  url(): string
  say(text: string, fields?: Partial<PluginRequest>): Promise<PluginResult>
  /** The prompts that the model got. */
  asked(): ModelMessage[][]
  /** The latest system prompt. */
  system(): string
  history(user: string, search?: string): Promise<HistoryPage>
  get(path: string): Promise<{ status: number; text: string; type: string }>
  post(path: string, body: unknown): Promise<{ status: number; text: string; type: string }>
  remove(path: string): Promise<{ status: number; text: string; type: string }>
  stop(): Promise<void>
  restart(): Promise<void>
  /** Stops everything and removes the folder. */
  close(): Promise<void>
}

/** @param now what the plugin goes by when it writes first */
export async function serveFriends({ now = Date.now }: { now?: () => number } = {}): Promise<Friends> {
  const core = await startTestCore()
  const folder = await mkdtemp(join(tmpdir(), 'friends-'))
  const log = createLog('friends', 'silent')

  async function serve() {
    const plugin = createFriends({ folder, config: { personas: { maya: { character: 'sister' } } }, now })
    const serving = await servePlugin(plugin, { port: 0, core: { url: core.url, key: core.ownerKey }, log })
    await serving.registered
    return serving
  }
  let serving = await serve()

  const asked = (): ModelMessage[][] =>
    core.bodies('/api/plugins/llm/generate').map((body) => (body as { messages: ModelMessage[] }).messages)
  const get: Friends['get'] = (path) => call(serving.url + path, core.token(), { method: 'GET' })

  return {
    core,
    folder,
    url: () => serving.url,
    say: (text, fields) => run(serving.url, core.token(), { user_input: text, ...fields }),
    asked,
    system: () => asked().at(-1)?.[0]?.content ?? '',
    async history(user, search = '') {
      return historyPage.parse(JSON.parse((await get(`/history/${encodeURIComponent(user)}${search}`)).text))
    },
    get,
    post: (path, body) => call(serving.url + path, core.token(), { body }),
    remove: (path) => call(serving.url + path, core.token(), { method: 'DELETE' }),
    stop: () => serving.stop(),
    async restart() {
      await serving.stop()
      serving = await serve()
    },
    async close() {
      await serving.stop()
      await core.close()
      await rm(folder, { recursive: true })
    },
  }
}
