import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { type RunningCore, startCore } from '../../core/testing/core.ts'
import { echoRegistration } from '../../core/testing/echo.ts'
import type { Load } from './load.ts'

/** So many people write at once in a bench: turns of one chat wait for each other. */
export const PEOPLE = 64

/** A folder where Core's own data lies: temporary folders may lie in memory, where durability costs nothing. */
export function makeFolder(): { path: string; remove(): void } {
  const database = resolve(import.meta.dirname, '../../database')
  mkdirSync(database, { recursive: true })
  const path = mkdtempSync(join(database, 'bench-'))
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) }
}

/** Core with a companion `echo`, for which the plugin at `pluginUrl` answers. */
export async function startCoreWithEcho(home: string, pluginUrl: string): Promise<RunningCore> {
  const core = await startCore({
    home,
    coreYml: JSON.stringify({
      model: 'none',
      log_level: 'warn',
      companions: [{ id: 'echo', plugin_id: 'echo', session_id_value: 'echo' }],
      plugins: { echo: { start: false } },
    }),
    userYml: JSON.stringify({
      users: Array.from({ length: PEOPLE }, (_, number) => ({
        id: `person${number}`,
        name: `Person ${number}`,
      })),
    }),
  })
  const { status, body } = await core.post('/api/plugins/register', echoRegistration(pluginUrl))
  if (status !== 200) throw new Error(`The plugin was not registered: ${status} ${JSON.stringify(body)}`)
  return core
}

/** What the raw servers are sent. */
export const rawRequest: Load['request'] = () => ({
  path: '/',
  body: '{"text":"How was your day, and what did you do?"}',
})

/** The same words to the companion, by one person after the other. */
export const inboundRequest = (key: string): Load['request'] => {
  const headers = { 'x-api-key': key }
  return (number) => ({
    path: '/inbound',
    headers,
    body: `{"user_id":"person${number % PEOPLE}","channel_name":"webchat","conversation_type":"echo","text":"How was your day, and what did you do?"}`,
  })
}
