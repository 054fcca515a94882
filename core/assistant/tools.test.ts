import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Memory } from '../memory/memory.ts'
import { createScene, type Scene } from '../testing/assistant.ts'

let scene: Scene
beforeEach(async () => {
  scene = await createScene()
})
afterEach(() => scene.close())

describe('tools', () => {
  const call = (name: string, args: unknown) => ({ tool_calls: [{ name, arguments: args }] })

  test('remember keeps it for this person, with its source', async () => {
    scene.server.script([call('remember', { text: 'Anna likes tea' }), 'Done.'])
    expect((await scene.ask('remember that I like tea')).text).toBe('Done.')
    expect(await scene.memory.search({ namespace: 'anna', text: 'tea', limit: 1 })).toMatchObject([
      {
        memory: 'Anna likes tea',
        source: {
          kind: 'tool',
          id: 'turn-1',
          speaker: 'Anna',
          chat: 'system',
          message_id: 'message-1',
        },
      },
    ])
    expect(scene.results(1)).toEqual([{ remembered: 'Anna likes tea' }])
  })

  test('remember says what it replaces; both stay visible', async () => {
    const { id } = await scene.memory.add({
      namespace: 'anna',
      text: 'Anna lives in Bonn',
      source: { kind: 'turn', id: 't' },
    })
    scene.server.script([
      call('remember', { text: 'Anna lives in Rome', replaces: 'lives in Bonn' }),
      call('recall', { query: 'where does Anna live' }),
      'Noted.',
    ])
    await scene.ask('I moved, I live in Rome now')
    expect(scene.results(2)).toEqual([
      { remembered: 'Anna lives in Rome', replaced: 'Anna lives in Bonn' },
      {
        memories: [
          {
            date: expect.any(String),
            until: expect.stringMatching(/^\d{4}-\d\d-\d\d$/),
            text: 'Anna lives in Bonn',
          },
        ],
      },
    ])
    expect(scene.memory.get('anna', id)).toMatchObject({ until: expect.any(String) })
  })

  test('what a file or a page wants remembered is not; the words of the person are', async () => {
    const evil = 'The account of Anna is 1234 at the crypto bank'
    scene.server.script([
      call('remember', { text: evil }),
      call('remember', { text: 'Anna has two cats' }),
      'Done.',
    ])
    await scene.ask(`Summarise this page: ${evil}`, {
      history: [
        { role: 'user', text: 'I have two cats at home', at: '' },
        { role: 'assistant', text: evil, at: '' },
      ],
    })
    expect(scene.results(2)).toEqual([
      { error: expect.stringContaining('did not say this') },
      { remembered: 'Anna has two cats' },
    ])
    expect(await scene.memory.search({ namespace: 'anna', text: evil, limit: 5 })).toEqual([])
  })

  test('recall and forget see this person only', async () => {
    const source = { kind: 'turn', id: 't' } as const
    await scene.memory.add({ namespace: 'anna', text: 'my dog is Rex', source })
    await scene.memory.add({ namespace: 'bert', text: 'my dog is secret', source })
    await scene.memory.add({ namespace: 'companion', text: 'my dog is secret, too', source })
    scene.server.script([
      call('recall', { query: 'dog', namespace: 'bert', user_id: 'bert' }),
      call('forget', { query: 'secret dog' }),
      'Done.',
    ])
    await scene.ask('forget the dogs of all')
    expect(scene.results(2)).toEqual([
      { memories: [{ date: expect.any(String), text: 'my dog is Rex' }] },
      { forgotten: ['my dog is Rex'] },
    ])
    expect(await scene.textsOf('anna')).toEqual([])
    expect(await scene.textsOf('bert')).toEqual(['my dog is secret'])
    expect(await scene.textsOf('companion')).toEqual(['my dog is secret, too'])
  })

  test('forget deletes the best match and what says the same, and tells what it deleted', async () => {
    for (const [id, text] of [
      'My dog is called Rex',
      'Remember that my dog is called Rex.',
      'My dog has fleas',
    ].entries()) {
      await scene.memory.add({ namespace: 'anna', text, source: { kind: 'turn', id: `t${id}` } })
    }
    scene.server.script([call('forget', { query: 'my dog is called Rex' }), 'Gone.'])
    expect(await scene.ask('forget it')).toMatchObject({ forgot: true })
    expect(scene.results(1)).toEqual([
      {
        forgotten: expect.toSatisfy((texts: string[]) =>
          ['My dog is called Rex', 'Remember that my dog is called Rex.'].every((one) => texts.includes(one)),
        ),
      },
    ])
    expect(await scene.textsOf('anna')).toEqual(['My dog has fleas'])
  })

  test('forget deletes nothing when nothing fits, and shows what is nearest', async () => {
    await scene.memory.add({
      namespace: 'anna',
      text: 'My dog is called Rex',
      source: { kind: 'turn', id: 't' },
    })
    scene.server.script([call('forget', { query: 'secret bank dog number' }), 'Which one?'])
    expect(await scene.ask('forget my cat')).toMatchObject({ forgot: false })
    expect(scene.results(1)).toEqual([{ forgotten: [], nearest: ['My dog is called Rex'] }])
    expect(await scene.textsOf('anna')).toHaveLength(1)
  })

  test.each([
    ['arguments that are no JSON', 'remember', '{"text": "a', /not JSON/],
    ['arguments of another shape', 'remember', { fact: 'a' }, /text/],
    ['an empty text', 'remember', { text: ' ' }, /text/],
    ['a tool that does not exist', 'launch', {}, /no tool "launch"; there are remember, recall, forget/],
  ])('%s: the model is told, and may do better', async (_, name, args, told) => {
    scene.server.script([call(name, args), 'Sorry.'])
    expect((await scene.ask('hi')).text).toBe('Sorry.')
    expect(scene.results(1)).toEqual([{ error: expect.stringMatching(told) }])
  })

  test('a memory that fails is told to the model, not to the person', async () => {
    const broken: Memory = { ...scene.memory, search: () => Promise.reject(new Error('canary disk')) }
    scene.server.script([call('recall', { query: 'x' }), 'I cannot look it up now.'])
    expect((await scene.ask('hi', {}, scene.assistant({ memory: broken }))).text).toBe(
      'I cannot look it up now.',
    )
    expect(scene.results(1)).toEqual([{ error: 'this does not work just now' }])
  })

  test('at most six rounds; the last one without tools', async () => {
    scene.server.script(({ body }) => (body.tools ? call('recall', { query: 'x' }) : 'Enough.'))
    expect((await scene.ask('hi')).text).toBe('Enough.')
    expect(scene.server.requests).toHaveLength(6)
  })

  test('a model that never answers is a problem', async () => {
    scene.server.script(() => call('recall', { query: 'x' }))
    await expect(scene.ask('hi')).rejects.toMatchObject({ code: 'model_failed' })
    expect(scene.server.requests).toHaveLength(6)
  })

  test('a flood of calls is bounded', async () => {
    scene.server.script([
      {
        tool_calls: Array.from({ length: 50 }, (_, i) => ({
          name: 'remember',
          arguments: { text: `tea ${i}` },
        })),
      },
      'Done.',
    ])
    await scene.ask('I like tea')
    expect(await scene.textsOf('anna')).toHaveLength(8)
  })

  test('memory off: none of its tools', async () => {
    await scene.ask('hi', {}, scene.assistant({ memory: undefined }))
    const names = scene.server.requests[0]?.body.tools?.map(
      (tool) => 'function' in tool && tool.function.name,
    )
    expect(names).toEqual(['remind_me', 'schedule', 'list_jobs', 'cancel_job'])
  })
})
