/** A memory says where it came from, can be corrected, superseded and taken along, and goes for good. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openDatabase } from '../database.ts'
import { memoryMigrations } from './schema.ts'
import { filesWith, openTestMemory } from './testing.ts'

let home: ReturnType<typeof openTestMemory>
beforeEach(() => {
  home = openTestMemory()
})
afterEach(() => home.remove())

const told = (text: string, turn = text, more = {}) =>
  home.memory.add({
    namespace: 'a',
    text,
    source: { kind: 'turn', id: turn, speaker: 'Ann', chat: 'system', message_id: `m-${turn}` },
    ...more,
  })
const search = async (text: string, limit = 10) =>
  (await home.memory.search({ namespace: 'a', text, limit })).map(({ memory, until }) =>
    until === undefined ? memory : `until: ${memory}`,
  )
const list = (selection = {}, limit = 50) =>
  home.memory.list('a', { selection, limit }).memories.map(({ memory }) => memory)

describe('a memory', () => {
  it('knows who said it, in which message of which chat, and when', async () => {
    const { id } = await told('I like tea.', 't1', { metadata: { said_at: 'in May' } })
    const source = { kind: 'turn', id: 't1', speaker: 'Ann', chat: 'system', message_id: 'm-t1' }
    expect((await home.memory.search({ namespace: 'a', text: 'tea', limit: 1 }))[0]?.source).toEqual(source)
    const entry = home.memory.get('a', id)
    expect(entry).toMatchObject({ id, memory: 'I like tea.', source, metadata: { said_at: 'in May' } })
    expect(Date.parse(entry?.created_at ?? '')).toBeGreaterThan(Date.now() - 60_000)
    expect(home.memory.get('b', id)).toBeUndefined()
  })

  it('is listed latest first, page by page, by chat, plugin and time', async () => {
    await told('one', 't1', { created_at: '2026-01-01T00:00:00.000Z' })
    await told('two')
    await home.memory.add({ namespace: 'a', text: 'three', source: { kind: 'plugin', id: 'coach' } })
    await home.memory.add({ namespace: 'b', text: 'foreign', source: { kind: 'plugin', id: 'coach' } })
    expect(list()).toEqual(['three', 'two', 'one'])
    expect(list({ chat: 'system' })).toEqual(['two', 'one'])
    expect(list({ plugin: 'coach' })).toEqual(['three'])
    expect(list({ to: '2026-02-01T00:00:00.000Z' })).toEqual(['one'])
    const first = home.memory.list('a', { selection: {}, limit: 2 })
    expect(first.memories).toHaveLength(2)
    const second = home.memory.list('a', { selection: {}, limit: 2, before: first.next })
    expect(second.memories.map(({ memory }) => memory)).toEqual(['one'])
    expect(second.next).toBeUndefined()
  })
})

describe('an edit', () => {
  it('keeps what it said before, and only the new text is found', async () => {
    const { id } = await told('My dentist is Dr Smith.')
    await home.memory.indexed()
    const entry = await home.memory.edit('a', id, 'My dentist is Dr Jones.')
    expect(entry).toMatchObject({ id, memory: 'My dentist is Dr Jones.' })
    expect(entry?.history).toMatchObject([{ memory: 'My dentist is Dr Smith.' }])
    expect(await search('Smith')).toEqual([])
    expect(await search('Who is my dentist?')).toEqual(['My dentist is Dr Jones.'])
    await home.memory.edit('a', id, 'My vet is Dr Jones.')
    expect(await search('Jones')).toEqual(['My vet is Dr Jones.'])
    expect(home.memory.get('a', id)?.history.map(({ memory }) => memory)).toHaveLength(2)
    await home.memory.indexed()
    const { sql } = home.database
    const counted = sql.prepare('select memories, words from namespace').get()
    expect(sql.prepare('select count(*) as memories, sum(words) as words from memory').get()).toEqual(counted)
  })

  it('changes nothing in another namespace', async () => {
    const { id } = await told('I like tea.')
    expect(await home.memory.edit('b', id, 'I like gin.')).toBeUndefined()
    expect(list()).toEqual(['I like tea.'])
  })
})

describe('superseding', () => {
  it('keeps both visible: what holds first, what held with its end', async () => {
    const { id: paris } = await told('I live in Paris near the river.')
    const { id: rome } = await told('I live in Rome now.', 't2', { replaces: [paris, 'unknown'] })
    for (const question of ['Where do I live?', 'Paris', 'Who lives near the river?']) {
      expect(await search(question)).toEqual([
        'I live in Rome now.',
        'until: I live in Paris near the river.',
      ])
    }
    expect(await search('Paris river', 1)).toEqual(['I live in Rome now.'])
    expect(home.memory.get('a', paris)).toMatchObject({ superseded_by: rome, until: expect.any(String) })
    expect(list()).toEqual(['I live in Rome now.', 'I live in Paris near the river.'])
  })

  it('follows a chain to what holds now, and can be taken back', async () => {
    const { id: one } = await told('I drive a blue Volvo.')
    const { id: two } = await told('I drive a green Fiat.', 't2', { replaces: [one] })
    const { id: three } = await told('I go by bike.', 't3', { replaces: [two] })
    expect((await search('Volvo'))[0]).toBe('I go by bike.')
    await expect(home.memory.supersede('a', one, three)).rejects.toMatchObject({ code: 'conflict' })
    await expect(home.memory.supersede('a', three, three)).rejects.toMatchObject({ code: 'conflict' })
    await expect(home.memory.supersede('a', three, one)).rejects.toMatchObject({ code: 'conflict' })
    expect(await home.memory.supersede('a', three, 'unknown')).toBeUndefined()
    expect(await home.memory.supersede('b', one, null)).toBeUndefined()
    await home.memory.supersede('a', two, null)
    expect((await search('Volvo'))[0]).toBe('I drive a green Fiat.')
  })

  it('does not bring back the stale statement when the newer one is forgotten', async () => {
    const { id: paris } = await told('I live in Paris.')
    const { id: rome } = await told('I live in Rome.', 't2', { replaces: [paris] })
    await home.memory.forget('a', { source: { kind: 'turn', id: 't2' } })
    expect(home.memory.get('a', paris)).toMatchObject({ until: expect.any(String) })
    expect(await search('Where do I live?')).toEqual(['until: I live in Paris.'])
    expect(home.memory.get('a', rome)).toBeUndefined()
  })
})

describe('forgetting', () => {
  it('takes the history along, to the last byte on disk, and says where it was', async () => {
    for (let at = 0; at < 40; at++) await told(`Note ${at} about the old house.`)
    const { id: first } = await told('The safe opens with zebracanary.', 't1')
    const { id } = await told('The safe opens with quokkacanary.', 't2', { replaces: [first] })
    await home.memory.indexed()
    await home.memory.edit('a', id, 'The safe opens with narwhalcanary.')
    await home.memory.indexed()
    for (let at = 40; at < 80; at++) await told(`Note ${at} about the old house.`)
    for (const word of ['zebra', 'quokka', 'narwhal'])
      expect(filesWith(home.home, `${word}canary`)).not.toEqual([])
    expect(await home.memory.forget('a', { id })).toEqual({
      memories: 1,
      earlier: 2,
      removed_from: ['record', 'full_text', 'vectors', 'write_ahead_log'],
      pending: [],
      messages: [
        { chat: 'system', message_id: 'm-t2' },
        { chat: 'system', message_id: 'm-t1' },
      ],
    })
    for (const word of ['canary', 'zebra', 'quokka', 'narwhal'])
      expect(filesWith(home.home, word)).toEqual([])
    expect(list({}, 200)).toHaveLength(80)
  })

  it('goes by source: a chat, a plugin, a span of time, and never further', async () => {
    await told('old', 't1', { created_at: '2026-01-01T00:00:00.000Z' })
    await told('new', 't2')
    await home.memory.add({
      namespace: 'a',
      text: 'friendly',
      source: { kind: 'turn', id: 't3', chat: 'friend', message_id: 'm3' },
    })
    for (let at = 0; at < 250; at++)
      await home.memory.add({ namespace: 'a', text: `tip ${at}`, source: { kind: 'plugin', id: 'coach' } })
    await home.memory.add({ namespace: 'b', text: 'foreign', source: { kind: 'plugin', id: 'coach' } })
    expect(await home.memory.forget('a', { selection: { plugin: 'coach' } })).toMatchObject({
      memories: 250,
      messages: [],
    })
    expect(list()).toEqual(['friendly', 'new', 'old'])
    expect(await home.memory.forget('a', { selection: { chat: 'friend' } })).toMatchObject({
      memories: 1,
      messages: [{ chat: 'friend', message_id: 'm3' }],
    })
    const span = { from: '2025-12-31T00:00:00.000Z', to: '2026-01-02T00:00:00.000Z' }
    expect(await home.memory.forget('a', { selection: span })).toMatchObject({ memories: 1 })
    expect(list()).toEqual(['new'])
    expect(home.memory.list('b', { selection: {}, limit: 5 }).memories).toHaveLength(1)
  })
})

describe('export and import', () => {
  it('carries everything to another namespace or Core, and twice is once', async () => {
    const { id: paris } = await told('I live in Paris.', 't1', { metadata: { seq: 1, session: 's' } })
    const { id: rome } = await told('I live in Rom.', 't2', { replaces: [paris] })
    await home.memory.edit('a', rome, 'I live in Rome.')
    const whole = home.memory.list('a', { selection: {}, limit: 50 }).memories.toReversed()
    expect(await home.memory.restore('a', whole)).toEqual({ added: 0, known: 2 })
    expect(await home.memory.restore('c', whole)).toEqual({ added: 2, known: 0 })
    const copied = home.memory.list('c', { selection: {}, limit: 50 }).memories.toReversed()
    const withoutIds = (entries: typeof whole) =>
      entries.map((entry) => ({ ...entry, id: '', superseded_by: '' }))
    expect(withoutIds(copied)).toEqual(withoutIds(whole))
    expect(copied[0]?.superseded_by).toBe(copied[1]?.id)
    await home.memory.forget('a', { selection: {} })
    expect(await home.memory.restore('a', whole)).toEqual({ added: 2, known: 0 })
    expect(home.memory.list('a', { selection: {}, limit: 50 }).memories.toReversed()).toEqual(whole)
    expect(await search('where do I live')).toEqual(['I live in Rome.', 'until: I live in Paris.'])
  })
})

it('an older database learns the sources, and keeps what it holds', async () => {
  const { home: folder } = home
  await home.close()
  const older = openDatabase(`${folder}/older.db`, memoryMigrations.slice(0, 1))
  older.sql.exec(`insert into namespace (name) values ('a');
    insert into memory (id, namespace_id, app_id, text, hash, words, source_kind, source_id, metadata, created_at)
    values ('x', 1, 'homeclaw', 'I like tea.', x'00', 3, 'plugin', 'p', '{}', '2026-01-01T00:00:00.000Z')`)
  older.close()
  const newer = openDatabase(`${folder}/older.db`, memoryMigrations)
  expect(newer.sql.prepare('select id, source_kind, source_id, text from memory').all()).toEqual([
    { id: 'x', source_kind: 'plugin', source_id: 'p', text: 'I like tea.' },
  ])
  newer.sql.exec(`update memory set source_kind = 'file'`)
  newer.close()
  home = openTestMemory({ home: folder })
})
