import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, BrowserContextOptions } from 'playwright-core'
import { build } from 'vite'
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest'
import { type Visitor, launch, visit } from './browser.ts'
import { type TestCore, createTestCore } from './core.ts'

/** What a browser test has: a page that was just built, a Core of its own for each test, and visitors. */
export interface World {
  readonly dist: string
  readonly core: TestCore
  readonly browser: Browser
  /** Opens the page, logged in unless `link` says otherwise. Closed after the test. */
  visit(options?: BrowserContextOptions, link?: string): Promise<Visitor>
}

/** Sets it up for the tests of one file. */
export function world(): World {
  const dist = mkdtempSync(join(tmpdir(), 'webchat-'))
  const open: Visitor[] = []
  const parts: { browser?: Browser; core?: TestCore } = {}

  beforeAll(async () => {
    const configFile = join(import.meta.dirname, '../vite.config.ts')
    await build({ configFile, logLevel: 'silent', build: { outDir: dist } })
    parts.browser = await launch()
  }, 60_000)
  beforeEach(async () => {
    parts.core = await createTestCore(dist)
  })
  afterEach(async () => {
    await Promise.all(open.splice(0).map((visitor) => visitor.close()))
    await parts.core?.stop()
  })
  afterAll(async () => {
    await parts.browser?.close()
    rmSync(dist, { recursive: true })
  })

  return {
    dist,
    get core() {
      return parts.core!
    },
    get browser() {
      return parts.browser!
    },
    async visit(options, link = parts.core!.link) {
      const visitor = await visit(parts.browser!, link, options)
      open.push(visitor)
      return visitor
    },
  }
}

/** An answer that the test lets grow and end when it wants. */
export function heldAnswer(): {
  answer: TestCore['answer']
  /** Resolves when the message has arrived. */
  asked: Promise<void>
  say(words: string): void
  end(text: string): void
} {
  const asked = Promise.withResolvers<void>()
  const ended = Promise.withResolvers<string>()
  const listener: { say?: (words: string) => void } = {}
  return {
    answer: (_message, say) => {
      listener.say = say
      asked.resolve()
      return ended.promise
    },
    asked: asked.promise,
    say: (words) => listener.say?.(words),
    end: ended.resolve,
  }
}
