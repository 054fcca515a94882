/** What people keep as files is found by passage, follows the folder, and a hostile file hurts nobody. */
import { once } from 'node:events'
import { existsSync, mkdirSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createLog } from '../log.ts'
import { filesWith, openTestMemory } from '../memory/testing.ts'
import { eventually } from '../testing/until.ts'
import { makePdf } from '../testing/pdf.ts'
import { createKnowledge } from './create.ts'
import { knowledgeMigrations } from './files.ts'
import type { Knowledge } from './knowledge.ts'

let home: ReturnType<typeof openTestMemory>
let knowledge: Knowledge

function open(folder?: string) {
  home = openTestMemory({ ...(folder !== undefined && { home: folder }), further: knowledgeMigrations })
  const { database, memory } = home
  const folderOf = (userId: string): string => join(home.home, 'workspace', userId, 'knowledge')
  knowledge = createKnowledge({ database, memory, folderOf, log: createLog('silent') })
  for (const user of ['anna', 'bert']) mkdirSync(folderOf(user), { recursive: true })
}
beforeEach(() => open())
afterEach(async () => {
  await knowledge.close()
  await home.remove()
})

const path = (name: string, user = 'anna') => join(home.home, 'workspace', user, 'knowledge', name)
const put = (name: string, content: string | Buffer, user = 'anna') =>
  writeFileSync(path(name, user), content)
const find = async (text: string, user = 'anna') =>
  (await knowledge.search(user, text, 3)).map(({ memory, source }) => ({ memory, source }))
const states = async (user = 'anna') =>
  Object.fromEntries(
    (await knowledge.files(user)).map(({ name, state, detail }) => [name, detail ?? state] as const),
  )

const BOILER = makePdf([
  ['The boiler manual.', 'It heats the whole house.'],
  ['When the display shows error 12,', 'press the red button for ten seconds.'],
])

describe('files', () => {
  test('text, Markdown and PDF are found by passage, with file, heading, line and page', async () => {
    put('boiler.pdf', BOILER)
    put('garden.md', '# Garden\n\nIntro.\n\n## Roses\n\nCut the roses in March.\n\n## Lawn\nMow it weekly.\n')
    mkdirSync(path('notes'))
    put('notes/wifi.txt', 'first line\n\nThe wifi password is on the fridge.\n')
    await knowledge.settled('anna')
    expect(await states()).toEqual({ 'boiler.pdf': 'ready', 'garden.md': 'ready', 'notes/wifi.txt': 'ready' })
    expect((await find('What do I do about error 12?'))[0]).toEqual({
      memory: 'When the display shows error 12, press the red button for ten seconds.',
      source: { kind: 'file', id: 'boiler.pdf', place: 'page 2' },
    })
    expect((await find('when to cut the roses'))[0]).toEqual({
      memory: 'Garden › Roses\nCut the roses in March.',
      source: { kind: 'file', id: 'garden.md', place: 'Garden › Roses, line 7' },
    })
    expect((await find('wifi password'))[0]?.source).toEqual({
      kind: 'file',
      id: 'notes/wifi.txt',
      place: 'lines 1–3',
    })
  })

  test("are one person's: nobody else's search sees them, and they are no memories", async () => {
    put('diary.txt', 'The canary secret of Anna.')
    await knowledge.settled('anna')
    expect(await find('canary secret', 'bert')).toEqual([])
    expect(await home.memory.search({ namespace: 'anna', text: 'canary secret', limit: 5 })).toEqual([])
    expect(await find('canary secret')).toHaveLength(1)
  })

  test('are read again when they change, and forgotten to the last byte when they go', async () => {
    put('a.txt', 'The code is xylophonecanary.')
    await knowledge.settled('anna')
    await home.memory.indexed()
    put('a.txt', 'The code is different now.')
    await knowledge.settled('anna')
    expect(await find('code')).toMatchObject([{ memory: 'The code is different now.' }])
    expect(filesWith(home.home, 'xylophon')).toEqual([])
    await home.memory.indexed()
    rmSync(path('a.txt'))
    await knowledge.settled('anna')
    expect(await states()).toEqual({})
    expect(filesWith(home.home, 'different now')).toEqual([])
  })

  test('are not read again when they did not change, after a restart neither', async () => {
    put('a.txt', 'Tea is in the cupboard.')
    await knowledge.settled('anna')
    const before = (await knowledge.search('anna', 'tea', 1))[0]?.id
    await knowledge.close()
    await home.close()
    open(home.home)
    writeFileSync(path('a.txt'), 'Tea is in the cupboard.')
    await knowledge.settled('anna')
    expect((await knowledge.search('anna', 'tea', 1))[0]?.id).toBe(before)
  })

  test('what was interrupted while a file was stored is done again at the next start', async () => {
    put('a.txt', 'Tea is in the cupboard.')
    await knowledge.settled('anna')
    home.database.sql.exec(`update knowledge_file set state = 'waiting', stamp = '', hash = null`)
    await knowledge.close()
    await home.close()
    open(home.home)
    await knowledge.settled('anna')
    expect(await find('tea')).toHaveLength(1)
    expect(await states()).toEqual({ 'a.txt': 'ready' })
  })

  test('a watched folder needs nobody to ask', async () => {
    rmSync(join(home.home, 'workspace'), { recursive: true })
    knowledge.watch(['anna'])
    await eventually('the folder is there', () => existsSync(path('')))
    await knowledge.settled('anna')
    mkdirSync(path('deep'))
    put('deep/tea.md', 'Tea is in the cupboard.')
    await eventually('it is read', async () => (await find('tea')).length === 1)
    rmSync(path('deep'), { recursive: true })
    await eventually('it is forgotten', async () => (await find('tea')).length === 0)
  })

  test('are put and removed by name', async () => {
    expect(await knowledge.store('anna', 'tea.txt', Buffer.from('Tea is in the cupboard.'))).toMatchObject({
      name: 'tea.txt',
      state: 'waiting',
    })
    await knowledge.settled('anna')
    expect(await find('tea')).toHaveLength(1)
    expect(await knowledge.remove('bert', 'tea.txt')).toBeUndefined()
    expect(await knowledge.remove('anna', 'tea.txt')).toMatchObject({ memories: 1, pending: [] })
    expect(existsSync(path('tea.txt'))).toBe(false)
    for (const name of [
      '../x.txt',
      'a/b.txt',
      '.hidden',
      'x\0.txt',
      'C:x',
      'nul.txt',
      'x~',
      '',
      'a'.repeat(300),
    ])
      await expect(knowledge.store('anna', name, Buffer.from('x'))).rejects.toMatchObject({
        code: 'body_invalid',
      })
  })
})

describe('hostile files', () => {
  test('say what is wrong with them, and the others are read', async () => {
    writeFileSync(join(home.home, 'outside.txt'), 'outsidecanary of the owner')
    mkdirSync(join(home.home, 'elsewhere'))
    writeFileSync(join(home.home, 'elsewhere/x.txt'), 'outsidecanary again')
    symlinkSync(join(home.home, 'outside.txt'), path('link.txt'))
    symlinkSync(join(home.home, 'elsewhere'), path('linked'))
    symlinkSync(path('loop.txt'), path('loop.txt'))
    const socket = createServer().listen(path('pipe.txt'))
    await once(socket, 'listening')
    put('binary.txt', Buffer.from([0x89, 0x50, 0, 1, 2, 0xff]))
    put('latin.txt', Buffer.from('caf\xe9', 'latin1'))
    put('broken.pdf', Buffer.concat([Buffer.from('%PDF-1.7\n'), Buffer.alloc(5_000, 0x41)]))
    put('cut.pdf', BOILER.subarray(0, 400))
    put('empty.txt', '')
    put('scan.pdf', makePdf([[], []]))
    put('huge.txt', '')
    truncateSync(path('huge.txt'), 40 * 1024 * 1024)
    put('.hidden', 'nobody looks here')
    put('wide.txt', Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from('tea from Windows', 'utf16le')]))
    put('tea.txt', 'Tea is in the cupboard.')
    await knowledge.settled('anna')
    expect(await states()).toEqual({
      'link.txt': 'is a link; put the file itself here',
      linked: 'is a link; put the file itself here',
      'loop.txt': 'is a link; put the file itself here',
      'pipe.txt': 'is no plain file',
      'binary.txt': 'is neither text (UTF-8), Markdown nor PDF',
      'latin.txt': 'is neither text (UTF-8), Markdown nor PDF',
      'broken.pdf': 'is a broken PDF',
      'cut.pdf': expect.stringMatching(/broken PDF|no text/),
      'empty.txt': 'holds no text; a scan has to be made searchable first',
      'scan.pdf': 'holds no text; a scan has to be made searchable first',
      'huge.txt': 'is larger than 32 MB',
      'wide.txt': 'ready',
      'tea.txt': 'ready',
    })
    expect(await find('tea')).toHaveLength(2)
    expect(await find('outsidecanary')).toEqual([])
    socket.close()
  })

  test('one that takes its reader down is named, and does not hold up the next', async () => {
    await knowledge.close()
    const { database, memory } = home
    const answers = [{ error: 'takes too long or too much memory to read' }]
    knowledge = createKnowledge({
      database,
      memory,
      folderOf: (userId) => join(home.home, 'workspace', userId, 'knowledge'),
      log: createLog('silent'),
      reader: {
        read: async () => answers.shift() ?? { hash: 'x', passages: [{ text: 'tea', place: 'line 1' }] },
        rest: async () => undefined,
      },
    })
    put('a.txt', 'x')
    put('b.txt', 'y')
    await knowledge.settled('anna')
    expect(await states()).toEqual({ 'a.txt': 'takes too long or too much memory to read', 'b.txt': 'ready' })
  })
})
