import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import type { Browser, BrowserContextOptions } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest'
import type { HistoryPage } from '#contract'
import { type RunningCore, startCore } from '../../../core/testing/core.ts'
import {
  createScriptedModelServer,
  type ScriptedAnswer,
  type ScriptedModelServer,
} from '../../../core/testing/scripted-model.ts'
import { CHROMIUM, type Visitor, launch, visit } from './browser.ts'

/** The page as Core serves it. `npm test` builds it. */
export const DIST = join(import.meta.dirname, '../dist')

/** What a browser test has: a real Core with a scripted model, a browser, and a user that no other test knows. */
export interface World {
  readonly core: RunningCore
  /** Answers "You said: …" until a test says otherwise. */
  readonly model: ScriptedModelServer
  /** The user of this test, and who the page acts as. */
  readonly me: string
  /** Opens the page as `me`, logged in unless `link` says otherwise. Closed after the test. */
  visit(options?: BrowserContextOptions & { as?: string; link?: string; isFirst?: boolean }): Promise<Visitor>
  /** One message of `me` and its answer, without the page. */
  say(text: string, answer: ScriptedAnswer): Promise<void>
  /** What is stored of a chat. */
  stored(partner: string, user?: string): Promise<HistoryPage['messages']>
  /** What core.yml says from now on beyond the model; the running Core sees it. */
  configure(core: object): void
  /** A power cut. */
  kill(): Promise<void>
  /** Core again, where it was. */
  start(): Promise<void>
}

/** The Friend is known, and not there. */
const ALONE = {
  allowed_hosts: ['home.test'],
  log_level: 'warn',
  memory: { enabled: false },
  companions: [{ id: 'friend', plugin_id: 'friends', session_id_value: 'friend', keyword: 'Veda' }],
  plugins: { friends: { start: false } },
}

const repeat: Parameters<ScriptedModelServer['script']>[0] = ({ body }) =>
  `You said: ${String(body.messages.at(-1)?.content)}`

/** Sets it up for the tests of one file. @param config what core.yml says beyond the model */
export function world(config: object = ALONE): World {
  const open: Visitor[] = []
  const parts: { browser?: Browser; core?: RunningCore; model?: ScriptedModelServer } = {}
  let guests = 0
  let home = ''

  const coreYml = (config: object): string =>
    JSON.stringify({ model: { name: 'scripted', base_url: parts.model?.url }, ...config })

  beforeAll(async () => {
    if (!CHROMIUM) return
    home = mkdtempSync(join(tmpdir(), 'webchat-'))
    parts.model = await createScriptedModelServer()
    const users = [
      { name: 'Alice', id: 'alice' },
      { name: 'Bob', id: 'bob' },
    ]
    const started = startCore({ home, coreYml: coreYml(config), userYml: JSON.stringify({ users }) })
    ;[parts.core, parts.browser] = await Promise.all([started, launch()])
  }, 60_000)
  beforeEach(async () => {
    parts.model?.script(repeat)
    guests++
    await parts.core?.post('/api/config/users', { id: `guest${guests}`, name: `Guest ${guests}` })
  })
  afterEach(async () => {
    await Promise.all(open.splice(0).map((visitor) => visitor.close()))
  })
  afterAll(async () => {
    await parts.browser?.close()
    await parts.core?.stop()
    await parts.model?.close()
    rmSync(home, { recursive: true, force: true })
  })

  const at: World = {
    get core() {
      return parts.core!
    },
    get model() {
      return parts.model!
    },
    get me() {
      return `guest${guests}`
    },
    async visit({ as = at.me, link = linkOf(at.core), isFirst = false, ...options } = {}) {
      const visitor = await visit(parts.browser!, { link, as, isFirst, options })
      open.push(visitor)
      return visitor
    },
    async say(text, answer) {
      at.model.script(() => answer)
      await at.core.inbound({ user_id: at.me, channel_name: 'webchat', text })
      at.model.script(repeat)
    },
    async stored(partner, user = at.me) {
      return (await at.core.get(`/api/chats/${partner}/messages?user_id=${user}&limit=200`)).body.messages
    },
    configure: (config) => writeFileSync(join(home, 'config/core.yml'), coreYml(config)),
    kill: () => at.core.kill(),
    async start() {
      parts.core = await startCore({ home, port: at.core.port })
    },
  }
  return at
}

/** The link that Core printed. */
export const linkOf = (core: RunningCore): string => /http\S+#key=\S+/.exec(core.log())?.[0] ?? ''

/** An answer of the model that the test lets grow and end when it wants. */
export function heldAnswer(model: ScriptedModelServer): {
  /** Resolves when the model is asked. */
  asked: Promise<void>
  say(words: string): void
  end(): void
} {
  const asked = Promise.withResolvers<void>()
  const events = new PassThrough({ objectMode: true })
  const part = (delta: object, finish_reason: 'stop' | null = null): void =>
    void events.write({ choices: [{ index: 0, delta, finish_reason }] })
  model.script(() => {
    asked.resolve()
    return { events }
  })
  return {
    asked: asked.promise,
    say: (content) => part({ content }),
    end() {
      part({}, 'stop')
      events.end('[DONE]')
    },
  }
}
