import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { ModelMessage } from '#contract'
import { createChain } from './chain.ts'
import type { ModelTimeouts } from './deadline.ts'
import { generate, type Model } from './model.ts'
import { createOpenAiModel } from './openai.ts'
import {
  createScriptedModelServer,
  type ScriptedAnswer,
  type ScriptedModelServer,
} from '../testing/scripted-model.ts'

const hello: ModelMessage[] = [{ role: 'user', content: 'hi' }]
const FAR = 60_000

describe('a chain of models', () => {
  let first: ScriptedModelServer
  let second: ScriptedModelServer
  let closing: (() => Promise<void>)[]
  let chain: Model
  let time = 0

  function chainOf(timeouts: ModelTimeouts): Model {
    const [one, two] = [first, second].map(({ url }) =>
      createOpenAiModel({ name: url, base_url: url, timeouts }),
    )
    if (!one || !two) throw new TypeError('two models')
    closing.push(one.close, two.close)
    return createChain([one, two], { now: () => time })
  }

  beforeEach(async () => {
    first = await createScriptedModelServer()
    second = await createScriptedModelServer()
    second.script(() => 'from the second')
    closing = []
    time = 0
    chain = chainOf({ firstToken: FAR, idle: FAR })
  })
  afterEach(async () => {
    await Promise.all([first.close(), second.close()])
    await Promise.all(closing.map((close) => close()))
  })

  test.each<[string, ScriptedAnswer]>([
    ['refused', { fail: 404 }],
    ['auth', { fail: 401 }],
    ['busy', { fail: 429 }],
    ['bad_answer', { fail: 500 }],
    ['cut before the first word', { cut: true, after: 0 }],
  ])('the next one answers after %s', async (_, answer) => {
    first.script([answer])
    expect((await generate(chain, hello)).text).toBe('from the second')
  })

  test('the next one answers after a timeout before the first word', async () => {
    first.script([{ hang: true }])
    const impatient = chainOf({ firstToken: 1_000, idle: FAR })
    expect((await generate(impatient, hello)).text).toBe('from the second')
  })

  test('nothing listens at the first', async () => {
    await first.close()
    expect((await generate(chain, hello)).text).toBe('from the second')
  })

  test.each<[string, ScriptedAnswer]>([
    ['cut', { cut: true, text: 'one two three four', after: 3 }],
    ['timeout', { hang: true, text: 'one two three four', after: 3 }],
  ])('never a second try once words are out: %s', async (fault, answer) => {
    first.script([answer])
    const seen: string[] = []
    const impatient = chainOf({ firstToken: FAR, idle: 200 })
    const answered = generate(impatient, hello, { onText: (text) => seen.push(text) })
    await expect(answered).rejects.toMatchObject({ fault })
    expect(seen.join('')).toMatch(/^one/)
    expect(second.requests).toHaveLength(0)
  })

  test('a prompt that is too long is not sent to the next', async () => {
    first.script([{ fail: 413 }])
    await expect(generate(chain, hello)).rejects.toMatchObject({ fault: 'too_long' })
    expect(second.requests).toHaveLength(0)
  })

  test('a stop is never retried', async () => {
    const stop = new AbortController()
    first.script(() => {
      stop.abort()
      return { hang: true }
    })
    await expect(generate(chain, hello, { signal: stop.signal })).rejects.toMatchObject({ fault: 'stopped' })
    expect(second.requests).toHaveLength(0)
  })

  test('when all fail, the last error is thrown', async () => {
    first.script([{ fail: 401 }])
    second.script([{ fail: 429 }])
    await expect(generate(chain, hello)).rejects.toMatchObject({ fault: 'busy' })
  })

  test('one that failed is passed over for 30 s, then asked again', async () => {
    first.script([{ fail: 500 }, 'from the first'])
    await generate(chain, hello)
    time = 29_999
    expect((await generate(chain, hello)).text).toBe('from the second')
    expect(first.requests).toHaveLength(1)
    time = 30_000
    expect((await generate(chain, hello)).text).toBe('from the first')
  })

  test('retry-after says how long', async () => {
    first.script([{ fail: 429, headers: { 'retry-after': '2' } }, 'from the first'])
    await generate(chain, hello)
    time = 2_000
    expect((await generate(chain, hello)).text).toBe('from the first')
  })

  test('when all are passed over, all are asked', async () => {
    first.script([{ fail: 500 }, 'from the first'])
    second.script([{ fail: 500 }])
    await expect(generate(chain, hello)).rejects.toMatchObject({ fault: 'bad_answer' })
    expect((await generate(chain, hello)).text).toBe('from the first')
  })
})
