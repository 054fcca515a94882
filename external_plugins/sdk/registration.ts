import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { type registration, registered } from '#contract'
import { CoreError } from './errors.ts'
import type { CoreHttp } from './http.ts'
import type { Log } from './log.ts'
import type { Token } from './token.ts'

const DEADLINE = 5_000
const FIRST_RETRY = 100
const LAST_RETRY = 5_000
/** A foreign key at our door lets us register again at most this often, in ms. */
const SUSPECT_EVERY = 5_000

/** Keeps this plugin known to Core, through restarts of Core. */
export interface Membership {
  /** Registers again unless the token has changed since `used`; false when Core would not have it. */
  renew(used: string | undefined): Promise<boolean>
  /** Somebody came with another token than ours: perhaps Core has made a new one. */
  suspect(): void
  /** Resolves after the first registration. */
  readonly registered: Promise<void>
  /** Ends the watching; with `unregister` Core is told, and has 1 s to hear it. */
  leave(options: { unregister: boolean }): Promise<void>
}

/**
 * Registers with backoff until Core is there, then looks every `checkEvery` ms whether Core still knows us.
 * @param key the one from the environment; the token of Core's answer is used from then on
 */
export function joinCore({
  http,
  body,
  key,
  token,
  log,
  checkEvery,
}: {
  http: CoreHttp
  body: z.input<typeof registration> & { plugin_id: string }
  key: string | undefined
  token: Token
  log: Log
  checkEvery: number
}): Membership {
  const left = new AbortController()
  const first = Promise.withResolvers<void>()
  let registering: Promise<void> | undefined
  let woken = Promise.withResolvers<true>()
  let suspectedAt = 0

  async function registerOnce(): Promise<void> {
    const call = { path: '/api/plugins/register', body, key, deadline: DEADLINE, signal: left.signal }
    const answer = await http.json(call, registered)
    if (answer.token) token.take(answer.token)
    log.info({ plugin_id: answer.plugin_id }, 'registered at Core')
    first.resolve()
  }

  /** One at a time; who asks meanwhile gets the same answer. */
  function register(): Promise<void> {
    registering ??= registerOnce().finally(() => (registering = undefined))
    return registering
  }

  async function registerUntilDone(): Promise<void> {
    let told: string | undefined
    for (let wait = FIRST_RETRY; ; wait = Math.min(wait * 2, LAST_RETRY)) {
      const fault = await faultOf(register())
      if (!fault) return
      if (told !== fault.code) log.warn({ code: fault.code }, `not registered yet: ${fault.message}`)
      told = fault.code
      await sleep(wait, undefined, { signal: left.signal })
    }
  }

  async function stillKnown(): Promise<boolean> {
    const path = `/api/plugins/health/${encodeURIComponent(body.plugin_id)}`
    const fault = await faultOf(
      http.json(
        { method: 'GET', path, key: token.current(), deadline: DEADLINE, signal: left.signal },
        z.unknown(),
      ),
    )
    return fault === undefined || (fault.status !== 401 && fault.status !== 404 && fault.status !== undefined)
  }

  async function watch(): Promise<void> {
    await registerUntilDone()
    for (;;) {
      woken = Promise.withResolvers<true>()
      const suspected = await Promise.race([woken.promise, sleep(checkEvery, false, { signal: left.signal })])
      if (suspected || !(await stillKnown())) await registerUntilDone()
    }
  }

  const watching = watch().catch((error: unknown) => {
    if (!left.signal.aborted) log.error({ err: error }, 'the registration at Core is not watched any more')
  })

  return {
    registered: first.promise,
    async renew(used) {
      if (token.current() !== used) return true
      return (await faultOf(register())) === undefined
    },
    suspect() {
      if (Date.now() - suspectedAt < SUSPECT_EVERY) return
      suspectedAt = Date.now()
      woken.resolve(true)
    },
    async leave({ unregister }) {
      left.abort()
      await watching
      if (!unregister) return
      const path = '/api/plugins/unregister'
      const fault = await faultOf(
        http.json({ path, body: { plugin_id: body.plugin_id }, key, deadline: 1_000 }, z.unknown()),
      )
      if (fault) log.warn({ code: fault.code }, 'Core could not be told that this plugin stops')
    },
  }
}

/** The CoreError of an attempt as a value, because here a fault is an answer. Everything else is thrown. */
async function faultOf(attempt: Promise<unknown>): Promise<CoreError | undefined> {
  try {
    await attempt
    return undefined
  } catch (error) {
    if (error instanceof CoreError && error.code !== 'stopped') return error
    throw error
  }
}
