import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Problem } from '../errors.ts'
import { createScene, userNamed, type Scene } from '../testing/assistant.ts'

let scene: Scene
beforeEach(async () => {
  scene = await createScene()
})
afterEach(() => scene.close())

describe('the answer', () => {
  test('words as they come add up to the text; from a model it is Markdown', async () => {
    scene.server.script([{ text: 'one **two** three', chunks: 3 }])
    const seen: string[] = []
    const answer = await scene.assistant().answer(scene.question('hi'), {
      signal: new AbortController().signal,
      onText: (text) => seen.push(text),
    })
    expect(answer).toEqual({ text: 'one **two** three', format: 'markdown', forgot: false, tools: [] })
    expect(seen.length).toBeGreaterThan(1)
    expect(seen.join('')).toBe(answer.text)
  })

  test('words around tools add up, too', async () => {
    scene.server.script([
      { text: 'Let me see.', tool_calls: [{ name: 'recall', arguments: { query: 'dog' } }] },
      'Nothing yet.',
    ])
    const seen: string[] = []
    const answer = await scene.assistant().answer(scene.question('hi'), {
      signal: new AbortController().signal,
      onText: (text) => seen.push(text),
    })
    expect(answer.text).toBe('Let me see.\n\nNothing yet.')
    expect(seen.join('')).toBe(answer.text)
  })

  test.each([
    [{ fail: 500 }, 'internal error'],
    [{ fail: 401 }, 'api_key'],
    [{ garbage: '<html></html>' }, 'web page'],
    [{ cut: true, text: 'one two three', after: 2 }, 'broke off'],
    [{ text: '' }, 'empty answer'],
  ] as const)('a model that fails (%j) is a problem that says why', async (fault, why) => {
    scene.server.script([fault])
    const error = await scene.ask('jellyfish').catch((cause: unknown) => cause)
    expect(error).toBeInstanceOf(Problem)
    expect(error).toMatchObject({ code: 'model_failed', status: 502 })
    expect(String(error)).toContain(why)
    expect(String(error)).not.toContain('jellyfish')
  })

  test('a conversation that is too long is asked once more without its history', async () => {
    scene.server.script([{ fail: 413 }, 'Here I am.'])
    const history = [
      { role: 'user', text: 'one', at: '' },
      { role: 'assistant', text: 'two', at: '' },
    ] as const
    expect((await scene.ask('hi', { history })).text).toBe('Here I am.')
    expect(scene.sent(1).slice(1)).toEqual(['hi'])
  })

  test('stopping stops the model', async () => {
    const stop = new AbortController()
    scene.server.script(() => {
      stop.abort()
      return { hang: true }
    })
    await expect(scene.assistant().answer(scene.question('hi'), stop)).rejects.toMatchObject({
      code: 'model_failed',
    })
    expect(await scene.server.requests[0]?.ended).toBe('aborted')
  })
})

describe('with builtin', () => {
  const builtin = () => scene.assistant({ model: 'none' })

  test('it is honest once, plain text, and keeps the tools working', async () => {
    const first = await scene.ask('hi', {}, builtin())
    expect(first).toMatchObject({ format: 'plain', forgot: false })
    expect(first.text).toContain('No language model is connected')
    const history = [
      { role: 'user', text: 'hi', at: '' },
      { role: 'assistant', text: first.text, at: '' },
    ] as const

    expect((await scene.ask('remember that I like tea', { history }, builtin())).text).toBe(
      'Noted: I like tea',
    )
    expect((await scene.ask('What do you know about tea?', { history }, builtin())).text).toContain(
      'I like tea',
    )
    expect(
      await scene.ask('forget tea', { history, person: userNamed('bert', 'Bert') }, builtin()),
    ).toMatchObject({
      forgot: false,
    })
    expect(await scene.textsOf('anna')).toEqual(['I like tea'])
    expect(await scene.ask('forget tea', { history }, builtin())).toMatchObject({
      text: 'Forgotten: I like tea',
      forgot: true,
    })
    expect(await scene.textsOf('anna')).toEqual([])
  })

  test('it reads the memories and the time out of the prompt as it is sent', async () => {
    const history = [
      { role: 'user', text: 'hi', at: '' },
      { role: 'assistant', text: 'Hello.', at: '' },
    ] as const
    const memories = [
      {
        id: '1',
        memory: 'My dog is called Rex',
        score: 1,
        created_at: '2026-05-03T12:00:00Z',
        source: { kind: 'turn', id: 't' },
      },
    ] as const
    const say = async (text: string) => (await scene.ask(text, { history, memories }, builtin())).text
    expect(await say("What is my dog's name?")).toBe('You told me on 3 May: My dog is called Rex')
    expect(await say('what time is it?')).toMatch(/^It is Friday, 20 November 2026, 23:48/)
  })
})
