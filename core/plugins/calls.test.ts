import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { requestOf, startCore, type TestCore } from './plugins.fixture.ts'
import { until } from '../testing/until.ts'

let core: TestCore
let base: string
let pid: number
let token: string
beforeAll(async () => {
  core = await startCore()
})
afterAll(async () => {
  await core.close()
})
/** A process of its own for each test: what one does to it must not be seen by the next. */
beforeEach(async () => {
  ;({ base, pid } = await core.byHand())
  token = await core.register('test', base, { timeout_sec: 1 })
})

const call = (way: string, options = {}) => core.plugins.call('test', requestOf(way), options)
async function stream(way: string) {
  const texts: string[] = []
  const result = await call(way, { onText: (text: string) => texts.push(text) })
  return { texts, result }
}
const spoil = (text: string) => text.repeat(-1)
const seen = async () => (await fetch(`${base}/seen`)).json() as Promise<Record<string, number>>

describe('a call', () => {
  it('brings the result, over a kept connection, with the token of the plugin', async () => {
    expect(await call('ok')).toMatchObject({ success: true, text: 'ok' })
    expect(await call('upstream')).toEqual({ success: true, text: 'old', metadata: {} })
    expect((await call('auth')).text).toBe(`Bearer ${token}`)
    expect((await call('auth')).metadata).toEqual({ accept: 'application/json' })
    for (let i = 0; i < 20; i++) await call('ok')
    expect((await seen())['sockets']).toBeLessThanOrEqual(6)
  })

  it('normalises the id', async () => {
    await core.register('my_plugin', base)
    expect(await core.plugins.call('My-Plugin', requestOf('ok'))).toMatchObject({ text: 'ok' })
    await core.plugins.unregister('my_plugin')
  })

  it.each([
    ['500', 'plugin_failed', 'could not answer: broken'],
    ['redirect', 'plugin_failed', 'HTTP status 302'],
    ['unsuccessful', 'plugin_failed', 'no quota'],
    ['type', 'plugin_answer', 'success'],
    ['list', 'plugin_answer', 'expected object'],
    ['html', 'plugin_answer', 'not JSON'],
    ['utf8', 'plugin_answer', 'UTF-8'],
    ['deep', 'plugin_answer', 'too deep'],
    ['huge', 'plugin_answer', 'larger than 4 MB'],
    ['endless', 'plugin_answer', 'larger than 4 MB'],
    ['other', 'plugin_answer', 'another request'],
    ['garbage', 'plugin_answer', 'not HTTP'],
    ['trickle', 'plugin_offline', 'not running'],
    ['hang', 'plugin_offline', 'not running'],
    ['reset', 'plugin_offline', 'not running'],
    ['hangup', 'plugin_offline', 'not running'],
    ['die', 'plugin_offline', 'not running'],
  ])('that ends as "%s" is %s, decided on types', async (way, code, words) => {
    const problem = await call(way).then(
      () => undefined,
      (error: Error & { code: string }) => error,
    )
    expect(problem).toMatchObject({ code, message: expect.stringContaining(words) })
    expect(problem?.message).toMatch(/^Test /)
    expect(problem?.message.length).toBeLessThan(500)
    expect(problem?.message).not.toMatch(/secret words|\p{Cc}/u)
  })

  it('of a plugin that answers badly, but answers, does not count as offline: it is degraded until it answers well', async () => {
    for (const way of ['500', 'html', 'type']) {
      await expect(call(way)).rejects.toThrow(/answer/)
      expect(core.plugins.state('test')).toBe('degraded')
      await call('ok')
      expect(core.plugins.state('test')).toBe('ready')
    }
    await expect(call('unsuccessful')).rejects.toThrow('no quota')
    expect(core.plugins.state('test')).toBe('ready')
  })

  it('reads no more than it must of an answer of 1 GB, and of one without end', async () => {
    const before = process.memoryUsage().rss
    for (const way of ['huge', 'endless']) await expect(call(way)).rejects.toThrow('larger than 4 MB')
    await until(async () => expect((await seen())['closed']).toBe(2))
    expect((await seen())['written']).toBeLessThan(64 * 1024 * 1024)
    expect(process.memoryUsage().rss - before).toBeLessThan(64 * 1024 * 1024)
  })
})

describe('a call, safely,', () => {
  it('takes nothing of __proto__ over', async () => {
    const result = await call('proto')
    expect(result.metadata).toEqual({ a: 1 })
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
  })

  it('follows no redirect', async () => {
    const canary = await core.byHand()
    const moved = await core.byHand('good', { ELSEWHERE: `${canary.base}/run` })
    await core.register('test', moved.base)
    await expect(call('redirect')).rejects.toThrow('302')
    expect(await (await fetch(`${canary.base}/seen`)).json()).toMatchObject({ runs: 0 })
  })

  it('that the caller aborts closes the connection, rejects with their reason, and says nothing about the plugin', async () => {
    const abort = new AbortController()
    const waiting = call('hang', { signal: abort.signal })
    await until(async () => expect((await seen())['runs']).toBe(1))
    abort.abort(new Error('changed my mind'))
    await expect(waiting).rejects.toThrow('changed my mind')
    await until(async () => expect((await seen())['closed']).toBe(1))
    expect(core.plugins.state('test')).toBe('ready')
    await expect(call('ok', { signal: abort.signal })).rejects.toThrow('changed my mind')
    expect((await seen())['runs']).toBe(1)
  })

  it('on a kept connection that breaks before an answer is sent once more; a first one is not', async () => {
    await call('ok')
    await seen()
    await expect(call('hangup')).rejects.toThrow('not running')
    await until(() => expect(core.plugins.state('test')).toBe('ready'))
    expect((await seen())['runs']).toBe(3)
    const fresh = await core.byHand()
    await core.register('test', fresh.base)
    await expect(call('hangup')).rejects.toThrow('not running')
    expect(await (await fetch(`${fresh.base}/seen`)).json()).toMatchObject({ runs: 1 })
  })

  it('of one plugin does not disturb another', async () => {
    const other = await core.byHand()
    await core.register('other', other.base)
    const ways = ['huge', 'endless', 'hang', 'reset', 'garbage', 'trickle', 'die']
    const bad = Promise.allSettled(ways.map((way) => call(way)))
    const good = Array.from({ length: 100 }, () => core.plugins.call('other', requestOf('ok')))
    expect((await Promise.allSettled(good)).every(({ status }) => status === 'fulfilled')).toBe(true)
    expect((await bad).every(({ status }) => status === 'rejected')).toBe(true)
    expect(core.plugins.state('other')).toBe('ready')
  })

  it('logs what went wrong without the words of the answer', async () => {
    await expect(call('html')).rejects.toThrow('not JSON')
    const lines = core.logged.join('')
    expect(lines).toContain('"fault":"answer"')
    expect(lines).not.toContain('secret words')
  })
})

describe('a streamed call', () => {
  it('shows the words as they come, then the result', async () => {
    const { texts, result } = await stream('stream')
    expect(texts).toEqual(['a', 'b', 'ü'])
    expect(result.text).toBe('abü')
  })

  it('takes JSON from a plugin that does not stream', async () => {
    expect((await stream('ok')).result.text).toBe('ok')
    expect((await stream('auth')).result.metadata['accept']).toContain('text/event-stream')
  })

  it('does not wait for what comes after the result', async () => {
    expect((await stream('stream chatty')).result.text).toBe('ok')
    await until(async () => expect((await seen())['closed']).toBe(1))
    expect(core.plugins.state('test')).toBe('ready')
  })

  it.each([
    ['stream lost', 'plugin_answer', 'without a result'],
    ['stream type', 'plugin_answer', 'text'],
    ['stream utf8', 'plugin_answer', 'UTF-8'],
    ['stream endless', 'plugin_answer', 'larger than 4 MB'],
    ['stream cut', 'plugin_offline', 'not running'],
  ])('that ends as "%s" is %s', async (way, code, words) => {
    await expect(stream(way)).rejects.toMatchObject({ code, message: expect.stringContaining(words) })
  })

  it('passes a fault of its reader on, and closes the connection', async () => {
    await expect(call('stream slow', { onText: spoil })).rejects.toThrow(RangeError)
    await until(async () => expect((await seen())['closed']).toBe(1))
  })
})

describe('fetch', () => {
  it('gets and posts JSON on the own paths of a plugin', async () => {
    expect(await core.plugins.fetch('test', 'GET', '/history/ann')).toEqual({ messages: [], more: false })
    expect(await core.plugins.fetch('test', 'POST', '/settings/ann', { a: 1 })).toEqual({
      url: '/settings/ann',
      value: { a: 1 },
    })
  })

  it('of an optional path that the plugin lacks is nothing and leaves the plugin ready', async () => {
    expect(await core.plugins.fetch('test', 'GET', '/nothing')).toBeUndefined()
    expect(core.plugins.state('test')).toBe('ready')
  })

  it('passes on why the plugin refuses, which is not for the log', async () => {
    await expect(core.plugins.fetch('test', 'GET', '/wrong')).rejects.toMatchObject({
      code: 'plugin_refused',
      status: 422,
      message: 'Test does not take this: The canary is not a colour',
    })
    expect(core.logged.join('')).not.toContain('not a colour')
  })
})

describe('the breaker', () => {
  it('opens at the first refused connection, probes once a second, and is ready again by one probe', async () => {
    process.kill(pid, 'SIGKILL')
    await expect(call('ok')).rejects.toMatchObject({ code: 'plugin_offline' })
    expect(core.plugins.state('test')).toBe('offline')
    const port = new URL(base).port
    await core.byHand('good', { PORT: port })
    await until(() => expect(core.plugins.state('test')).toBe('ready'))
    expect(await call('ok')).toMatchObject({ text: 'ok' })
  })

  it('opens after two time-outs in a row, not after one', async () => {
    await expect(call('hang')).rejects.toThrow('not running')
    expect(core.plugins.state('test')).toBe('degraded')
    await call('ok')
    await expect(call('hang')).rejects.toThrow('not running')
    await fetch(`${base}/sick`, { method: 'POST', body: '{"sick":true}' })
    await expect(call('hang')).rejects.toThrow('not running')
    expect(core.plugins.state('test')).toBe('offline')
  })

  it('while open makes no connection for calls, and exactly one probe a second', async () => {
    await fetch(`${base}/sick`, { method: 'POST', body: '{"sick":true}' })
    await expect(call('reset')).rejects.toThrow('not running')
    const before = await seen()
    const begun = performance.now()
    const seconds = (): number => (performance.now() - begun) / 1_000
    while (seconds() < 3.2) {
      await Promise.all(Array.from({ length: 50 }, () => expect(call('ok')).rejects.toThrow('not running')))
      await pause(20)
    }
    const after = await seen()
    expect(after['runs']).toBe(before['runs'])
    expect(after['health']! - before['health']!).toBeGreaterThanOrEqual(2)
    expect(after['health']! - before['health']!).toBeLessThanOrEqual(seconds() + 1)
    await fetch(`${base}/sick`, { method: 'POST', body: '{"sick":false}' })
    await until(() => expect(core.plugins.state('test')).toBe('ready'))
  })

  it('has one probe under way at most, even when it hangs', async () => {
    await fetch(`${base}/sick`, { method: 'POST', body: '{"sick":"hang"}' })
    await expect(call('reset')).rejects.toThrow('not running')
    const before = await seen()
    await pause(2_500)
    expect((await seen())['health']! - before['health']!).toBeLessThanOrEqual(1)
  })

  it('sees a plugin that died with nobody calling it', async () => {
    process.kill(pid, 'SIGKILL')
    await until(() => expect(core.plugins.state('test')).toBe('offline'))
  })

  it('is not opened again by calls of an earlier time', async () => {
    const late = [call('hang'), call('hang'), call('hang')]
    await until(async () => expect((await seen())['runs']).toBe(3))
    await expect(call('reset')).rejects.toThrow('not running')
    await until(() => expect(core.plugins.state('test')).toBe('ready'))
    await Promise.allSettled(late)
    expect(core.plugins.state('test')).toBe('ready')
  })

  it('tells each change', async () => {
    const states: string[] = []
    const undo = core.plugins.onChange(() => states.push(core.plugins.state('test')))
    await expect(call('500')).rejects.toThrow('broken')
    await call('ok')
    await call('ok')
    undo()
    await expect(call('500')).rejects.toThrow('broken')
    expect(states).toEqual(['degraded', 'ready'])
  })

  it('a plugin that nobody registered is offline under its own name', async () => {
    await expect(core.plugins.call('quote-node', requestOf('ok'))).rejects.toMatchObject({
      code: 'plugin_offline',
      message: 'Quote Node is not running',
    })
  })
})
