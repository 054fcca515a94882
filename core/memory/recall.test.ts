import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openTestMemory } from './testing.ts'

let home: ReturnType<typeof openTestMemory>
beforeEach(() => {
  home = openTestMemory()
})
afterEach(() => home.remove())

const add = (text: string, metadata: Record<string, unknown> = {}, namespace = 'a') =>
  home.memory.add({ namespace, text, metadata, source: { kind: 'plugin', id: 'p' } })
const tell = (text: string, turn: string, created_at: string, chat = 'system') =>
  home.memory.add({ namespace: 'a', text, source: { kind: 'turn', id: turn, chat }, created_at })
const found = async (text: string, namespace = 'a') =>
  (await home.memory.search({ namespace, text, limit: 10, by: 'words' })).map(({ memory }) => memory)

describe('a conversation', () => {
  it('lets an answer be found by its question, in the order of seq, whatever came in first', async () => {
    await add('Sweden, when I was four.', { session: 's', seq: 3 })
    await add('See you!', { session: 's', seq: 9 })
    await add('Where did your grandmother come from?', { session: 's', seq: 2 })
    await add('Hello!', { session: 's', seq: 1 })
    await add('The weather is fine.', { session: 't', seq: 3 })
    const answers = await found('grandmother come from')
    expect(answers.slice(0, 2).toSorted()).toEqual([
      'Sweden, when I was four.',
      'Where did your grandmother come from?',
    ])
    expect(answers).not.toContain('The weather is fine.')
  })

  it('puts what is said about all of it before what repeats one word', async () => {
    await add('The dog, the dog, the dog!')
    await add('Our dog is ill.', { session: 's', seq: 1 })
    await add('The vet says it is the heart.', { session: 's', seq: 2 })
    await add('I like the heart of the city.')
    expect((await found('heart of the dog')).slice(0, 2)).toEqual([
      'The vet says it is the heart.',
      'Our dog is ill.',
    ])
  })

  it('is made of what is said in one chat without a long pause', async () => {
    await tell('We are going to Rome.', '1', '2026-05-01T10:00:00.000Z')
    await tell('It will be in June.', '2', '2026-05-01T10:05:00.000Z')
    await tell('My bike is green.', '3', '2026-05-01T14:00:00.000Z')
    await tell('I like tea.', '4', '2026-05-01T10:01:00.000Z', 'friend')
    expect(await found('Rome')).toEqual(['We are going to Rome.', 'It will be in June.'])
  })

  it('is also what has a place and no session', async () => {
    await add('We are going to Rome.', { seq: 1 })
    await add('In June.', { seq: 2 })
    await add('I like tea.')
    expect(await found('Rome')).toEqual(['We are going to Rome.', 'In June.'])
  })

  it('closes up when something of it is forgotten', async () => {
    await add('We are going to Rome.', { session: 's', seq: 1 })
    const { id } = await add('Lovely!', { session: 's', seq: 2 })
    await add('In June.', { session: 's', seq: 3 })
    const before = await home.memory.search({ namespace: 'a', text: 'Rome', limit: 10, by: 'words' })
    await home.memory.forget('a', { id })
    const after = await home.memory.search({ namespace: 'a', text: 'Rome', limit: 10, by: 'words' })
    const score = (of: typeof before) => of.find(({ memory }) => memory === 'In June.')?.score ?? 0
    expect(score(after)).toBeGreaterThan(score(before))
  })

  it('of the same name in another namespace has nothing to do with it', async () => {
    await add('We are going to Rome.', { session: 's', seq: 1 })
    await add('In June.', { session: 's', seq: 4 })
    await add('My secret is canary.', { session: 's', seq: 2 }, 'b')
    await add('Nobody knows it.', { session: 's', seq: 3 }, 'b')
    expect(await found('Rome')).toEqual(['We are going to Rome.', 'In June.'])
    expect(await found('Rome', 'b')).toEqual([])
  })
})

describe('a question', () => {
  it('that names a speaker is answered by that one first', async () => {
    await add('I like hiking in the Alps.', { speaker: 'Bob' })
    await add('I like hiking by the sea.', { speaker: 'Ann' })
    expect((await found('Where does Ann like hiking?'))[0]).toBe('I like hiking by the sea.')
    expect((await found("What is Bob's favourite place for hiking?"))[0]).toBe('I like hiking in the Alps.')
    expect((await found('Bob?')).length).toBe(1)
  })

  it('is less of an answer than a statement', async () => {
    await add('You like hiking?')
    await add('All of us like hiking.')
    expect((await found('like hiking'))[0]).toBe('All of us like hiking.')
  })

  it('that names a time is answered by what was said then', async () => {
    await add('I ran a race.', { said_at: '1:56 pm on 8 May, 2023' })
    await add('I ran a race with Tim.', { said_at: '2023-07-20T10:00:00Z' })
    await add('My knee hurts.', { said_at: '2023-07-20T10:00:00Z' })
    expect((await found('Which race did I run in May 2023?'))[0]).toBe('I ran a race.')
    expect((await found('Which race did I run in July?'))[0]).toBe('I ran a race with Tim.')
    expect(await found('What happened on 20 July 2023?')).toContain('My knee hurts.')
  })

  it('for the day before an event is answered by what was said then', async () => {
    await add('Our trip to Rome begins today!', { said_at: '2023-05-08' })
    await add('I painted the kitchen.', { said_at: '2023-05-07' })
    await add('I painted the fence.', { said_at: '2023-05-20' })
    expect((await found('What did I paint the day before the trip to Rome?'))[0]).toBe(
      'I painted the kitchen.',
    )
    expect((await found('What did I paint the month after the trip to Rome?'))[0]).toBe(
      'I painted the fence.',
    )
  })
})

it('a search goes by words, by meaning, or by both', async () => {
  await add('I bought a red Volvo.')
  const by = async (text: string, way: 'words' | 'meaning' | undefined) =>
    (await home.memory.search({ namespace: 'a', text, limit: 10, by: way })).length
  expect(await by('Which car do I drive?', 'words')).toBe(0)
  expect(await by('Which car do I drive?', 'meaning')).toBe(1)
  expect(await by('Which car do I drive?', undefined)).toBe(1)
  expect(await by('Volvo', 'words')).toBe(1)
})
