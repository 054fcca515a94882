import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { HistoryPage } from '#contract'
import { runStreamed, until } from '../sdk/testing/client.ts'
import { Fault } from '../sdk/testing/core.ts'
import { type Friends, serveFriends } from './testing/serve.ts'

let friends: Friends
beforeEach(async () => {
  friends = await serveFriends()
})
afterEach(() => friends.close())

/** What `remember` owes is handed over after the answer. */
const remembered = (namespace: string, count: number) =>
  until(
    () => (friends.core.memories.get(namespace) ?? []).length === count,
    `${count} memories of ${namespace}`,
  )

const texts = (page: HistoryPage): string[] => page.messages.map(({ text }) => text)

describe('a turn of the uncombined app', () => {
  test('goes persona, history and words to the model, and both sides to the store', async () => {
    expect(await friends.say('My name is Ada')).toMatchObject({ success: true, text: 'A fine day to you.' })
    await friends.say('What is my name?')
    expect(friends.asked()[1]?.slice(1)).toEqual([
      { role: 'user', content: 'My name is Ada' },
      { role: 'assistant', content: 'A fine day to you.' },
      { role: 'user', content: 'What is my name?' },
    ])
    expect(friends.system()).toMatch(/^You are Veda, a close friend[^]*\nAnswer in English\.\n/)
    expect(texts(await friends.history('companion'))).toEqual([
      'My name is Ada',
      'A fine day to you.',
      'What is my name?',
      'A fine day to you.',
    ])
    expect((await readdir(friends.folder)).toSorted()).toEqual(['companion_friend.db'])
  })

  test('keeps memories under companion_friend, never under companion; questions are not remembered', async () => {
    await friends.say('My sister is called Ida.')
    await remembered('companion_friend', 1)
    await friends.say('What is she called?')
    await friends.say('Tell me a joke')
    expect([...friends.core.memories]).toEqual([
      ['companion_friend', [expect.objectContaining({ text: 'My sister is called Ida.' })]],
    ])
    const searched = friends.core
      .bodies('/api/plugins/memory/search')
      .map((body) => (body as { user_id: string }).user_id)
    expect(new Set(searched)).toEqual(new Set(['companion_friend']))
  })

  test('uses the namespace that Core names, and one of its own for a further companion', async () => {
    await friends.say('I live in Rome.', { metadata: { memory_user_id: 'somewhere' } })
    await remembered('somewhere', 1)
    await friends.say('I live in Oslo.', { metadata: { companion: { id: 'maya', name: 'Maya' } } })
    await remembered('companion_friend:maya', 1)
    await friends.say('I live in Bonn.', { user_id: 'alice' })
    await remembered('alice', 1)
    expect([...friends.core.memories.keys()]).toEqual(['somewhere', 'companion_friend:maya', 'alice'])
  })

  test('recalls what is older, not what was just said or stands in the history', async () => {
    friends.core.memories.set('companion_friend', [
      { text: 'I like tea.', at: '2025-03-01T08:00:00Z' },
      { text: 'I like  TEA. ', at: '2025-03-02T08:00:00Z' },
      { text: 'Ida is my sister.\n## Memories\n- and more', at: '2025-03-03T08:00:00Z' },
    ])
    await friends.say('Hello! I like tea.')
    expect(friends.system().split('## Memories\n')[1]).toBe(
      '- 2025-03-03: Ida is my sister. ## Memories - and more',
    )
    await friends.say('And what do I drink?')
    expect(friends.system()).not.toContain('2025-03-01')
  })

  test('answers also when memory is off or fails, and remembers later what it owed', async () => {
    friends.core.memoryFault = new Fault(500, 'storage_failed', 'disk')
    expect(await friends.say('I have two cats.')).toMatchObject({ success: true })
    friends.core.memoryFault = undefined
    await friends.say('How are you?')
    await remembered('companion_friend', 1)
    friends.core.memoryFault = 'off'
    expect(await friends.say('I have a dog.')).toMatchObject({ success: true })
  })

  test('sends ten rounds of history, not ten messages', async () => {
    for (let round = 1; round <= 12; round++) await friends.say(`round ${round}`)
    expect(friends.asked().at(-1)).toHaveLength(1 + 2 * 10 + 1)
    expect(friends.asked().at(-1)?.[1]).toEqual({ role: 'user', content: 'round 2' }) // 2 … 11, then the twelfth
  })

  test('streams the words of the model', async () => {
    friends.core.model = () => 'one two three'
    const { deltas, result } = await runStreamed(friends.url(), friends.core.token(), {
      user_input: 'Count for me',
    })
    expect(deltas).toEqual(['one ', 'two ', 'three'])
    expect(result).toMatchObject({ success: true, text: 'one two three' })
  })
})

describe('a failing model', () => {
  test.each(['fails', 'answers nothing'])(
    'that %s is an error and never the words of the Friend',
    async (how) => {
      friends.core.model = () => {
        if (how === 'answers nothing') return ' '
        throw new Fault(502, 'model_failed', 'The language model did not answer: refused')
      }
      const failed = await friends.say('I am sad today.', { request_id: 'r1' })
      expect(failed).toMatchObject({ success: false, text: '' })
      expect(failed.error).toContain('The language model')
      expect((await friends.history('companion')).messages).toEqual([
        expect.objectContaining({ role: 'user', text: 'I am sad today.', failed: failed.error }),
      ])
      friends.core.model = () => 'I am here.'
      await friends.say('Are you there?')
      expect(
        friends
          .asked()
          .at(-1)
          ?.map(({ role }) => role),
      ).toEqual(['system', 'user'])
      expect(friends.core.memories.size).toBe(0)

      expect(await friends.say('I am sad today.', { request_id: 'r1' })).toMatchObject({
        success: true,
        text: 'I am here.',
      })
      expect((await friends.history('companion')).messages[0]).not.toHaveProperty('failed')
    },
  )
})

describe('the same request_id', () => {
  test('with a stored reply gets it, without the model, also after a restart', async () => {
    await friends.say('I like tea.', { request_id: 'r1' })
    await friends.restart()
    friends.core.model = () => 'Something else.'
    expect(await friends.say('I like tea.', { request_id: 'r1' })).toMatchObject({
      success: true,
      text: 'A fine day to you.',
    })
    expect(friends.asked()).toHaveLength(1)
    expect(texts(await friends.history('companion'))).toHaveLength(2)
  })

  test('in flight joins: one question to the model, one turn, and the same words', async () => {
    const gate = Promise.withResolvers<string>()
    friends.core.model = () => gate.promise
    const first = friends.say('I like tea.', { request_id: 'r1' })
    await until(() => friends.asked().length === 1, 'asked')
    const second = runStreamed(friends.url(), friends.core.token(), {
      user_input: 'I like tea.',
      request_id: 'r1',
    })
    await until(async () => texts(await friends.history('companion')).length === 1, 'stored')
    gate.resolve('one two')
    expect((await first).text).toBe('one two')
    expect((await second).result?.text).toBe('one two')
    expect(friends.asked()).toHaveLength(1)
    expect(texts(await friends.history('companion'))).toEqual(['I like tea.', 'one two'])
  })

  test('for another text is refused', async () => {
    await friends.say('I like tea.', { request_id: 'r1' })
    const other = await friends.say('I like milk.', { request_id: 'r1' })
    expect(other).toMatchObject({ success: false, error: expect.stringContaining('another text') })
  })
})

describe('isolation', () => {
  const people = [
    { user_id: 'companion' },
    { user_id: 'A' },
    { user_id: 'a' },
    { user_id: '../x' },
    { user_id: 'a/b' },
    { user_id: '😀'.repeat(20) },
    { user_id: 'x'.repeat(10_000) },
    { user_id: 'companion', metadata: { companion: { id: 'maya', name: 'Maya' } } },
    { user_id: 'a_b', metadata: { companion: { id: 'c', name: 'C' } } },
    { user_id: 'a', metadata: { companion: { id: 'b_c', name: 'C' }, memory_user_id: 'a, with b_c' } },
  ]

  test('ten conversations at once never mix, in prompts, stores, history and memory', async () => {
    const secrets = people.map((_person, index) => `secret${index}x`)
    const named = people.map((person) => ({ user_name: person.user_id, ...person }))
    friends.core.model = (messages) => `You said ${messages.at(-1)?.content}`
    for (let round = 0; round < 3; round++) {
      await Promise.all(
        named.map((person, index) => friends.say(`My word is ${secrets[index]} ${round}.`, person)),
      )
    }
    for (const messages of friends.asked()) {
      const told = new Set(JSON.stringify(messages).match(/secret\d+x/g))
      expect(told.size).toBe(1)
    }
    const files = (await readdir(friends.folder)).filter((name) => name.endsWith('.db'))
    expect(files).toHaveLength(people.length)
    for (const file of files) {
      const words = (await readFile(join(friends.folder, file), 'latin1')).match(/secret\d+x/g)
      expect(new Set(words).size).toBe(1)
    }
    for (const [index, person] of named.entries()) {
      const persona = person.metadata?.companion.id ?? 'friend'
      const page = await friends.history(person.user_id, `?persona=${persona}`)
      expect(page.messages).toHaveLength(6)
      expect(page.messages.every(({ text }) => text.includes(secrets[index] ?? ''))).toBe(true)
    }
  })

  test('turns of one conversation keep their order', async () => {
    const answers = Array.from({ length: 5 }, (_none, index) => friends.say(`message ${index}`))
    await Promise.all(answers)
    const said = texts(await friends.history('companion')).filter((text) => text.startsWith('message'))
    expect(friends.asked().map((messages) => messages.at(-1)?.content)).toEqual(said)
    expect(friends.asked().at(-1)).toHaveLength(1 + 8 + 1)
  })
})

describe('combined: Core keeps the chat', () => {
  const metadata = {
    companion: { id: 'friend', name: 'Veda' },
    store: 'core',
    history: [
      { role: 'user', text: 'I moved to Rome.', at: '2025-01-01T00:00:00Z' },
      { role: 'assistant', text: 'How lovely.', at: '2025-01-01T00:00:01Z' },
    ],
    memories: [
      { memory: 'Ida is my sister.', at: '2025-01-02T00:00:00Z' },
      { memory: 'I moved to Rome.', at: '2025-01-01T00:00:00Z' },
    ],
    memory_user_id: 'alice',
  }
  const alice = { user_id: 'alice', user_name: 'Alice', metadata }

  test('it uses what Core brings, writes nothing and asks no memory', async () => {
    const before = await readdir(friends.folder)
    expect(await friends.say('I like it here.', alice)).toMatchObject({ success: true })
    expect(friends.system()).toContain('## Memories\n- 2025-01-02: Ida is my sister.')
    expect(friends.system()).toContain('is called Alice.')
    expect(friends.system()).not.toContain('moved')
    expect(
      friends
        .asked()[0]
        ?.slice(1)
        .map(({ content }) => content),
    ).toEqual(['I moved to Rome.', 'How lovely.', 'I like it here.'])
    await friends.stop()
    expect(await readdir(friends.folder)).toEqual(before)
    expect(friends.core.seen.filter(({ path }) => path.startsWith('/api/plugins/memory'))).toEqual([])
  })

  test('a failing model writes nothing either', async () => {
    friends.core.model = () => {
      throw new Fault(502, 'model_failed', 'refused')
    }
    expect(await friends.say('I like it here.', alice)).toMatchObject({ success: false })
    expect(await readdir(friends.folder)).toEqual([])
  })

  test('metadata against the contract is an error, not a reason to write', async () => {
    const broken = { ...alice, metadata: { ...metadata, store: 'cor' } }
    expect(await friends.say('I like it here.', broken)).toMatchObject({ success: false })
    expect(await readdir(friends.folder)).toEqual([])
  })
})
