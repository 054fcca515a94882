import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { until } from '../../sdk/testing/client.ts'
import type { TestCore } from '../../sdk/testing/core.ts'

/** The plugin as a process of its own, as Core's supervisor starts it. */
export interface FriendsProcess {
  readonly child: ChildProcess
  readonly url: string
  /** Everything it wrote to stdout and stderr. */
  output(): string
  /** Resolves with the exit code; null after a signal. */
  readonly ended: Promise<number | null>
}

const main = fileURLToPath(new URL('../main.ts', import.meta.url))

export function spawnFriends(variables: Record<string, string>): Omit<FriendsProcess, 'url'> {
  const child = spawn(process.execPath, [main], {
    env: { PATH: '/usr/bin:/bin', PORT: '0', PLUGIN_CONFIG: '/nonexistent/friends.yml', ...variables },
    stdio: ['pipe', 'pipe', 'pipe', 'ipc'],
  })
  let output = ''
  child.stdout?.on('data', (chunk) => (output += String(chunk)))
  child.stderr?.on('data', (chunk) => (output += String(chunk)))
  child.stdin?.on('error', () => {})
  const ended = once(child, 'exit').then(([code]) => (typeof code === 'number' ? code : null))
  return { child, output: () => output, ended }
}

/** Resolves when it has registered itself. */
export async function startFriends(
  core: TestCore,
  folder: string,
  variables: Record<string, string> = {},
): Promise<FriendsProcess> {
  const before = core.registrations.length
  const friends = spawnFriends({
    CORE_URL: core.url,
    CORE_API_KEY: core.ownerKey,
    PLUGIN_DATA: folder,
    HOMECLAW_SUPERVISED: '1',
    ...variables,
  })
  await until(() => core.registrations.length > before, `registered; it wrote:\n${friends.output()}`)
  await until(() => friends.output().includes('registered at Core'), 'knows its token')
  return { ...friends, url: core.registrations.at(-1)?.config.base_url ?? '' }
}
