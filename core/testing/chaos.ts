import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { PluginState } from '#contract'
import { type Answer, freePort, type RunningCore, startCore } from './core.ts'

/** What the person gets when a plugin does this: "… is offline now.", a problem that says what is wrong, or the answer. */
type Outcome = 'offline' | 'problem' | 'reply'

/** Each fault by the word that makes `plugin.fixture.mjs` commit it. */
export const FAULTS = {
  throw: 'offline',
  exit: 'offline',
  die: 'offline',
  busy: 'offline',
  hang: 'offline',
  late: 'offline',
  trickle: 'offline',
  leak: 'offline',
  reset: 'offline',
  hangup: 'offline',
  500: 'problem',
  unsuccessful: 'problem',
  redirect: 'problem',
  huge: 'problem',
  endless: 'problem',
  type: 'problem',
  list: 'problem',
  html: 'problem',
  utf8: 'problem',
  deep: 'problem',
  garbage: 'problem',
  other: 'problem',
  proto: 'reply',
} as const satisfies Record<string, Outcome>
export type Fault = `${keyof typeof FAULTS}`

/** How long Core waits for the plugin that commits faults, in ms. */
export const DEADLINE_MS = 500

/** A real Core with two plugins that it keeps running: one that is good, and one that does whatever it is told. */
export interface Chaos extends AsyncDisposable {
  readonly core: RunningCore
  say(companion: 'good' | 'bad', text: string, user?: string): Promise<Answer>
  state(id: string): Promise<PluginState>
}

const SCRIPT = resolve(import.meta.dirname, '../plugins/plugin.fixture.mjs')

/** @param more further plugins, by id: the mode of the script */
export async function startChaos(more: Readonly<Record<string, string>> = {}): Promise<Chaos> {
  const home = mkdtempSync(join(tmpdir(), 'homeclaw-chaos-'))
  mkdirSync(join(home, 'pids'))
  const modes: Record<string, string> = { good: 'good', bad: 'good', ...more }
  for (const [id, mode] of Object.entries(modes)) {
    const folder = join(home, 'external_plugins', id)
    mkdirSync(folder, { recursive: true })
    const manifest = {
      id,
      name: id,
      // A heap as small as this is full before anybody has to wait for it.
      command: ['node', '--max-old-space-size=64', SCRIPT, mode, join(home, 'pids')],
      port: await freePort(),
      env: { ID: id, NAME: id, TIMEOUT: id === 'bad' ? DEADLINE_MS / 1_000 : 10 },
    }
    writeFileSync(join(folder, 'plugin.yml'), JSON.stringify(manifest))
  }
  const core = await startCore({
    home,
    // As the launcher starts it.
    env: { MALLOC_ARENA_MAX: '2' },
    coreYml: JSON.stringify({
      model: 'none',
      log_level: 'error',
      memory: { enabled: false },
      companions: ['good', 'bad'].map((id) => ({ id, plugin_id: id, session_id_value: id })),
      plugins: Object.fromEntries(Object.keys(modes).map((id) => [id, {}])),
    }),
    userYml: JSON.stringify({ users: ['ann', 'bob'].map((id) => ({ id, name: id })) }),
  })
  return {
    core,
    say: (companion, text, user_id = 'ann') =>
      core.inbound({ user_id, channel_name: 'webchat', conversation_type: companion, text }),
    async state(id) {
      const { body } = await core.get('/api/plugins')
      return body.plugins.find((plugin: { plugin_id: string }) => plugin.plugin_id === id)?.state
    },
    async [Symbol.asyncDispose]() {
      await core[Symbol.asyncDispose]()
      rmSync(home, { recursive: true, force: true, maxRetries: 3 })
    },
  }
}
