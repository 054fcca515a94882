import { rmSync, writeFileSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Embedder } from './embedder.ts'
import { createBundledEmbedder } from './embedders/bundled.ts'
import { createLog } from '../log.ts'
import { createVectors } from './vectors.ts'
import { filesIn, filesWith, openTestMemory, said } from './testing.ts'
import { eventually } from '../testing/until.ts'

let home: ReturnType<typeof openTestMemory>
beforeEach(() => {
  home = openTestMemory()
})
afterEach(() => home.remove())

const search = (namespace: string, text: string, limit = 10) => home.memory.search({ namespace, text, limit })
const texts = async (namespace: string, question: string) =>
  (await search(namespace, question)).map(({ memory }) => memory)

/** Opens the same folder again, as the next start does. */
async function restart(options: { embedder?: Embedder; patience?: number } = {}) {
  await home.close()
  home = openTestMemory({ home: home.home, ...options })
}

/** What the index holds, and what it should hold by the record: memory → pieces. Opens the memory again. */
async function indexAndRecord(namespace: string) {
  await home.memory.indexed()
  const { sql } = home.database
  const id = Number(sql.prepare('select id from namespace where name = ?').pluck().get(namespace))
  const wanted = sql
    .prepare('select number, pieces from memory where namespace_id = ? order by number')
    .raw()
    .all(id)
  await home.close()
  const vectors = createVectors({ folder: home.folder, log: createLog('silent') })
  const held = await vectors.of({ namespace: id, space: 1 }).contents()
  await vectors.close()
  home = openTestMemory({ home: home.home })
  return { held: [...held].toSorted(([a], [b]) => a - b), wanted }
}

/** The vector of a memory, as the index has it on disk. */
async function indexedVector(memory: number): Promise<Float32Array> {
  const lancedb = await import('@lancedb/lancedb')
  const table = await (await lancedb.connect(home.folder)).openTable('ns_1')
  const [row] = await table.query().where(`memory = ${memory}`).toArray()
  return Float32Array.from(row.vector)
}

const failing: Embedder = {
  id: 'failing',
  dimensions: 512,
  embed: () => Promise.reject(new Error('no embedder here')),
  close: async () => undefined,
}

const add = (text: string, metadata = {}, speaker = 'Alice') =>
  home.memory.add({ namespace: 'a', text, metadata, source: { kind: 'plugin', id: 'p', speaker } })

describe('adding', () => {
  it('stores what one turn says once', async () => {
    const first = await home.memory.add(said('alice', 'I like tea.', 't1'))
    expect(await home.memory.add(said('alice', 'I like tea.', 't1'))).toEqual(first)
    expect(await home.memory.add(said('alice', 'I like coffee.', 't1'))).not.toEqual(first)
    expect(await home.memory.add(said('bob', 'I like tea.', 't1'))).not.toEqual(first)
    expect(await home.memory.add(said('alice', 'I like tea.', 't2'))).not.toEqual(first)
  })

  it('merges what repeats to the letter, unless it carries session and seq', async () => {
    const first = await add('It rains.')
    expect(await add('It rains.', { said_at: 'today' })).toEqual(first)
    expect(await add('It rains!')).not.toEqual(first)
    expect(await add('It rains.', {}, 'Bob')).not.toEqual(first)
    const inSession = await add('It rains.', { session: 's', seq: 1 })
    expect(inSession).not.toEqual(first)
    expect(await add('It rains.', { session: 's', seq: 1 })).not.toEqual(inSession)
  })

  it('keeps text, source, app and metadata as they came', async () => {
    const metadata = { session: 's', seq: 4, speaker: 'Ann', said_at: '8 May', nested: { a: [1, null] } }
    await home.memory.add({
      namespace: 'a',
      text: ' two\nlines\0 and 🎉 ',
      app_id: 'app',
      metadata,
      source: { kind: 'tool', id: 't9', speaker: 'Bea' },
    })
    const [found] = await search('a', 'lines')
    expect(found).toMatchObject({
      memory: ' two\nlines\0 and 🎉 ',
      source: { kind: 'tool', id: 't9', speaker: 'Bea' },
    })
    const row = home.database.sql.prepare('select * from memory').get() as Record<string, unknown>
    expect(row).toMatchObject({ app_id: 'app', session: 's', seq: 4, speaker: 'Ann', said_at: '8 May' })
    expect(JSON.parse(String(row['metadata']))).toEqual(metadata)
    expect(Date.parse(found?.created_at ?? '')).toBeGreaterThan(Date.now() - 60_000)
  })

  it('refuses a blank text and an ill-formed namespace', async () => {
    await expect(home.memory.add(said('a', ' \n'))).rejects.toMatchObject({ code: 'body_invalid' })
    await expect(home.memory.add(said('\ud800', 'x'))).rejects.toMatchObject({ code: 'body_invalid' })
    expect(await search('\ud800', 'x')).toEqual([])
  })

  it('joins the transaction of the caller: stored with it or not at all', async () => {
    const { database, memory } = home
    const { id } = await database.write(() => memory.record(said('a', 'My bike is green.')))
    const undone = database.write(() => {
      memory.record(said('a', 'My bike is stolen.'))
      throw new Error('undo')
    })
    await expect(undone).rejects.toThrow('undo')
    expect((await search('a', 'bike')).map((found) => found.id)).toEqual([id])
  })

  it('does not wait for the embedder', async () => {
    const closing = Promise.withResolvers<never>()
    await home.remove()
    home = openTestMemory({
      patience: 50,
      embedder: {
        ...failing,
        embed: () => closing.promise,
        close: async () => closing.reject(new Error('closed')),
      },
    })
    await home.memory.add(said('a', 'I like tea.'))
    expect(await texts('a', 'tea')).toEqual(['I like tea.'])
  })
})

describe('searching', () => {
  it('finds what was just added by words and by meaning', async () => {
    await home.memory.add(said('a', 'I am allergic to peanuts.'))
    await home.memory.add(said('a', 'We got a golden retriever puppy.'))
    await home.memory.add(said('a', 'My sister is called Anna.'))
    expect((await texts('a', 'What are the puppies called?'))[0]).toBe('We got a golden retriever puppy.')
    expect((await texts('a', 'what food must I avoid?'))[0]).toBe('I am allergic to peanuts.')
    await home.memory.add(said('a', 'I bought a red Volvo.'))
    expect((await texts('a', 'which car do I drive'))[0]).toBe('I bought a red Volvo.')
  })

  it('finds nothing for an unrelated question, for signs, and for an unknown namespace', async () => {
    await home.memory.add(said('a', 'I am allergic to peanuts.'))
    expect(await texts('a', 'How do I repair a bicycle?')).toEqual([])
    expect(await texts('a', '?! "*" 🎉 \0')).toEqual([])
    expect(await texts('nobody', 'peanuts')).toEqual([])
    expect(home.database.sql.prepare('select count(*) from namespace').pluck().get()).toBe(1)
  })

  it('scores 0 … 1, best first, at most `limit`', async () => {
    for (let at = 0; at < 20; at++) await home.memory.add(said('a', `My cat number ${at} likes fish.`))
    const found = await search('a', 'Which fish does cat number 7 like?', 5)
    expect(found).toHaveLength(5)
    expect(found[0]?.memory).toContain('number 7 ')
    const scores = found.map(({ score }) => score)
    expect(scores).toEqual(scores.toSorted((a, b) => b - a))
    for (const score of scores) expect(score > 0 && score <= 1).toBe(true)
  })

  it('leaves out the sources it is told to', async () => {
    await home.memory.add(said('a', 'I like green tea.', 'before'))
    await home.memory.add(said('a', 'Which tea do I like?', 'now'))
    const found = await home.memory.search({
      namespace: 'a',
      text: 'Which tea do I like?',
      limit: 10,
      exceptSources: ['now'],
    })
    expect(found.map(({ source }) => source.id)).toEqual(['before'])
  })

  it('finds Chinese, Japanese and words with accents', async () => {
    await add('我有一只黑猫,它叫小黑')
    await add('明日は歯医者に行きます')
    await add('Das Café heißt Ünique')
    expect(await texts('a', '猫')).toEqual(['我有一只黑猫,它叫小黑'])
    expect(await texts('a', '我的猫叫什么名字?')).toEqual(['我有一只黑猫,它叫小黑'])
    expect(await texts('a', '歯医者はいつ?')).toEqual(['明日は歯医者に行きます'])
    expect(await texts('a', 'unique cafe')).toEqual(['Das Café heißt Ünique'])
  })

  it('finds what stands at the end of a long text by meaning', async () => {
    const filler = 'The committee discussed the budget of the next quarter for ten hours. '.repeat(25)
    await home.memory.add(said('a', `${filler.split(' ').slice(0, 300).join(' ')} I am allergic to peanuts.`))
    const { database } = home
    const [found] = await search('a', 'what food must I avoid?')
    expect(found?.memory).toContain('peanuts')
    await home.memory.indexed()
    expect(database.sql.prepare('select pieces from memory').pluck().get()).toBe(4)
  })

  it('answers by words when the embedder fails, and by meaning when it is back', async () => {
    await restart({ embedder: failing })
    await home.memory.add(said('a', 'I am allergic to peanuts.'))
    expect(await texts('a', 'peanuts')).toEqual(['I am allergic to peanuts.'])
    expect(await texts('a', 'what food must I avoid?')).toEqual([])
    await restart()
    expect(await texts('a', 'what food must I avoid?')).toEqual(['I am allergic to peanuts.'])
  })
})

describe('the index', () => {
  it('is not touched by opening and adding to an empty record', async () => {
    expect(filesIn(home.folder)).toEqual([])
  })

  it('holds exactly the record after restarts in the middle of indexing', async () => {
    for (let round = 0; round < 3; round++) {
      const adds = Array.from({ length: 40 }, (_, at) => home.memory.add(said('a', `Note ${round}.${at}`)))
      await Promise.all(adds)
      if (round === 1) await search('a', 'Note')
      await restart()
    }
    const { held, wanted } = await indexAndRecord('a')
    expect(held).toEqual(wanted)
    expect((await search('a', 'Note 2.39'))[0]?.memory).toBe('Note 2.39')
  })

  it('goes on when the embedder is killed in the middle of a batch', async () => {
    const embedder = createBundledEmbedder({ log: createLog('silent') })
    await restart({ embedder })
    const long = 'about the garden, the weather and the neighbours of the old house '.repeat(5)
    await Promise.all(Array.from({ length: 64 }, (_, at) => home.memory.add(said('a', `Note ${at} ${long}`))))
    await eventually('the embedder runs', () => embedder.pid !== undefined)
    process.kill(embedder.pid ?? 0, 'SIGKILL')
    await eventually('all are indexed', async () => {
      await home.memory.indexed()
      return home.database.sql.prepare('select count(*) from memory where pieces is null').pluck().get() === 0
    })
    const { held, wanted } = await indexAndRecord('a')
    expect(held).toEqual(wanted)
  })

  it('is rebuilt when its folder is deleted, while it runs or between two runs', async () => {
    await home.memory.add(said('a', 'I am allergic to peanuts.'))
    await home.memory.indexed()
    rmSync(home.folder, { recursive: true })
    await eventually('found again by meaning', async () => {
      return (await texts('a', 'what food must I avoid?')).length === 1
    })
    await home.memory.indexed()
    expect(filesIn(home.folder)).not.toEqual([])
    await home.close()
    rmSync(home.folder, { recursive: true })
    home = openTestMemory({ home: home.home })
    expect(await texts('a', 'what food must I avoid?')).toHaveLength(1)
    const { held, wanted } = await indexAndRecord('a')
    expect(held).toEqual(wanted)
  })

  it('is set aside and rebuilt when its files are damaged or miss rows', async () => {
    await home.memory.add(said('a', 'I am allergic to peanuts.'))
    await home.memory.indexed()
    await home.close()
    for (const file of filesIn(home.folder)) writeFileSync(file, 'not a table')
    home = openTestMemory({ home: home.home })
    await eventually('found again by meaning', async () => {
      return (await texts('a', 'what food must I avoid?')).length === 1
    })
    await home.memory.add(said('a', 'We got a puppy.'))
    await home.memory.indexed()
    await home.close()
    const vectors = createVectors({ folder: home.folder, log: createLog('silent') })
    await vectors.of({ namespace: 1, space: 1 }).remove([1])
    await vectors.close()
    home = openTestMemory({ home: home.home })
    expect(await texts('a', 'what food must I avoid?')).toHaveLength(1)
    const { held, wanted } = await indexAndRecord('a')
    expect(held).toEqual(wanted)
  })
})

describe('forgetting', () => {
  it('takes a memory off the disk to the last byte: record, full text, vectors, WAL', async () => {
    for (let at = 0; at < 30; at++) await home.memory.add(said('a', `Note ${at} about the old house.`))
    const { id } = await home.memory.add(said('a', 'My passphrase is xylophonecanary, keep it.'))
    for (let at = 30; at < 60; at++) await home.memory.add(said('a', `Note ${at} about the old house.`))
    await home.memory.indexed()
    expect(filesWith(home.home, 'xylophonecanary')).not.toEqual([])
    const vector = Buffer.from((await indexedVector(31)).buffer)
    expect(filesWith(home.folder, vector)).not.toEqual([])
    expect(await home.memory.forget('a', { id })).toMatchObject({
      memories: 1,
      removed_from: ['record', 'full_text', 'vectors', 'write_ahead_log'],
      pending: [],
    })
    expect(filesWith(home.home, 'xylophonecanary')).toEqual([])
    expect(filesWith(home.home, 'xylophon')).toEqual([])
    expect(filesWith(home.home, id)).toEqual([])
    expect(filesWith(home.folder, vector)).toEqual([])
    expect(await texts('a', 'passphrase xylophonecanary')).toEqual([])
    expect(await home.memory.forget('a', { id })).toMatchObject({ memories: 0 })
    const { held, wanted } = await indexAndRecord('a')
    expect(held).toEqual(wanted)
  })

  it('forgets only in its own namespace', async () => {
    const { id } = await home.memory.add(said('a', 'I like tea.'))
    expect(await home.memory.forget('b', { id })).toMatchObject({ memories: 0 })
    expect(await home.memory.forget('\ud800', { id })).toMatchObject({ memories: 0 })
    expect(await texts('a', 'tea')).toEqual(['I like tea.'])
  })

  it('leaves nothing in the index of what is forgotten while it is being indexed', async () => {
    const { id } = await home.memory.add(said('a', 'I like tea.'))
    await home.memory.add(said('a', 'I like coffee.'))
    await Promise.all([home.memory.indexed(), home.memory.forget('a', { id })])
    const { held, wanted } = await indexAndRecord('a')
    expect(held).toEqual(wanted)
  })

  it('finishes at the next start what was interrupted', async () => {
    await home.memory.add(said('a', 'I like tea.'))
    await home.memory.add(said('a', 'I like coffee.'))
    await home.memory.indexed()
    const { sql } = home.database
    sql.exec(`delete from memory_words where rowid = 1; insert into forgotten values (1, 1);
              delete from memory where number = 1`)
    await restart()
    await home.memory.indexed()
    expect(home.database.sql.prepare('select count(*) from forgotten').pluck().get()).toBe(0)
    const { held, wanted } = await indexAndRecord('a')
    expect(held).toEqual(wanted)
  })
})
