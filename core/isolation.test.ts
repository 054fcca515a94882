/** Nothing crosses from one cell of the storage table to another (design section 6, seed 002 "Storage"). */
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import Sqlite from 'better-sqlite3'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createScriptedModelServer, type ScriptedModelServer } from './testing/scripted-model.ts'
import { type RunningCore, startCore } from './testing/core.ts'

interface Cell {
  readonly name: string
  readonly fields: object
  /** Whose chat, with whom, as `/api/chats` names them. */
  readonly chat: readonly [user: string, partner: string]
  readonly memory: string
}

/** Each who-talks-to-whom of the table, for two people, nobody picked, and two companions. */
const cells: readonly Cell[] = [
  { name: 'aardvark', fields: {}, chat: ['companion', 'system'], memory: 'companion' },
  { name: 'buffalo', fields: { user_id: 'alice' }, chat: ['alice', 'system'], memory: 'alice' },
  { name: 'cormorant', fields: { user_id: 'bob' }, chat: ['bob', 'system'], memory: 'bob' },
  {
    name: 'dolphin',
    fields: { session_id: 'friend' },
    chat: ['companion', 'friend'],
    memory: 'companion_friend',
  },
  {
    name: 'elephant',
    fields: { session_id: 'maya' },
    chat: ['companion', 'maya'],
    memory: 'companion_friend:maya',
  },
  {
    name: 'flamingo',
    fields: { user_id: 'alice', conversation_type: 'friend' },
    chat: ['alice', 'friend'],
    memory: 'alice',
  },
  {
    name: 'gorilla',
    fields: { user_id: '42', channel_name: 'whatsapp', keyword: 'Veda, ' },
    chat: ['bob', 'friend'],
    memory: 'bob',
  },
]
const uncombinedFriends = cells.filter(({ chat }) => chat[0] === 'companion' && chat[1] !== 'system')

const secretOf = ({ name }: Cell): string => `SECRET-${name}`
const answerOf = ({ name }: Cell): string => `ANSWER-${name}`
const ownSecrets = (cell: Cell): string[] =>
  cells.filter(({ memory }) => memory === cell.memory).map(secretOf)

const config = (modelUrl: string): string => `
port: 9000
model: { name: scripted, base_url: ${modelUrl} }
companions:
  - { id: friend, plugin_id: friends, session_id_value: friend, keyword: Veda }
  - { id: maya, plugin_id: friends, session_id_value: maya, keyword: Maya }
plugins:
  friends: { memory: [own], model: true }
`
const users = `
users:
  - { id: alice, name: Alice }
  - { id: bob, name: Bob, im: ['whatsapp:42'] }
`

let model: ScriptedModelServer
let core: RunningCore
/** What the model was asked, per cell and message. */
const prompts = new Map<Cell, string[]>()

async function say(cell: Cell, text: string, n: number): Promise<void> {
  const { keyword = '', ...fields } = cell.fields as { keyword?: string }
  const asked = model.requests.length
  const { status, body } = await core.inbound({
    ...fields,
    text: `${keyword}${text}`,
    message_id: `${cells.indexOf(cell)}-${n}`,
  })
  expect({ status, ...body }).toMatchObject({ status: 200, text: answerOf(cell) })
  const sent = JSON.stringify(model.requests.slice(asked).map((request) => request.body))
  prompts.set(cell, [...(prompts.get(cell) ?? []), sent])
}

beforeAll(async () => {
  model = await createScriptedModelServer()
  core = await startCore({ coreYml: config(model.url), userYml: users })
  for (const cell of cells) {
    model.script(() => answerOf(cell))
    await say(cell, `My secret animal word is ${secretOf(cell)} and I hide it under the old oak tree`, 1)
  }
  for (const cell of cells) {
    model.script(() => answerOf(cell))
    await say(cell, 'What is my secret animal word that I hide under the oak tree?', 2)
  }
})

afterAll(async () => {
  await core?.stop()
  await model?.close()
})

describe.each(cells)('$name: $chat talks', (cell) => {
  const [user, partner] = cell.chat

  test('the chat is found where the table says', async () => {
    const { body } = await core.get(`/api/chats/${partner}/messages?user_id=${user}`)
    const said: string[] = body.messages.map(({ text }: { text: string }) => text)
    expect(said.filter((text) => text.includes(secretOf(cell)))).toHaveLength(1)
    expect(said.filter((text) => text === answerOf(cell))).toHaveLength(2)
    expect(foreign(JSON.stringify(said), [cell])).toEqual([])
  })

  test('the memory is found under its own namespace, and no other', async () => {
    for (const { memory } of cells) {
      const { body } = await core.post('/api/plugins/memory/search', {
        user_id: memory,
        query: secretOf(cell),
        limit: 50,
      })
      expect(JSON.stringify(body).includes(secretOf(cell))).toBe(memory === cell.memory)
    }
  })

  test('prompts held what belongs to it, by memory or by history, and nothing else', () => {
    const prompt = prompts.get(cell)?.join('\n') ?? ''
    expect(prompt).toContain(secretOf(cell))
    expect(secretsIn(prompt).filter((secret) => !ownSecrets(cell).includes(secret))).toEqual([])
    expect(foreign(prompt, [cell]).filter((word) => word.startsWith('ANSWER'))).toEqual([])
  })

  test('what was just said was not recalled as a memory of itself', () => {
    const first = prompts.get(cell)?.[0] ?? ''
    expect(first.split(secretOf(cell))).toHaveLength(2)
  })
})

describe('on disk', () => {
  test('core.db has no word of the chats that the plugin keeps, outside of memory', () => {
    const database = new Sqlite(join(core.home, 'database/core.db'), { readonly: true })
    const tables = database
      .prepare(`select name from sqlite_master where type = 'table' and sql not like '%virtual%'`)
      .pluck()
      .all() as string[]
    for (const table of tables.filter((name) => !name.startsWith('memory'))) {
      const rows = JSON.stringify(database.prepare(`select * from "${table}"`).all())
      expect([
        table,
        uncombinedFriends.filter((cell) => rows.includes(cell.name)).map(({ name }) => name),
      ]).toEqual([table, []])
    }
    database.close()
  })

  test('friends_store has the uncombined chats, one file each, and nothing else', () => {
    const files = filesIn(join(core.home, 'database/friends_store'))
    for (const cell of uncombinedFriends) {
      const holding = files.filter(({ bytes }) => bytes.includes(secretOf(cell)))
      expect(holding.length).toBeGreaterThan(0)
      for (const { bytes } of holding) expect(foreign(bytes, [cell])).toEqual([])
    }
    expect(foreign(files.map(({ bytes }) => bytes).join(), uncombinedFriends)).toEqual([])
  })

  test('each LanceDB table has the memories of one namespace', () => {
    for (const { path, bytes } of filesIn(join(core.home, 'database/lancedb'))) {
      const namespaces = new Set(
        cells.filter((cell) => bytes.includes(secretOf(cell))).map(({ memory }) => memory),
      )
      expect([path, namespaces.size <= 1]).toEqual([path, true])
    }
  })

  test('no log has a word of anybody', () => {
    expect(core.log()).toContain('answered')
    expect(foreign(core.log(), [])).toEqual([])
  })

  test('no other file has one', () => {
    const elsewhere = filesIn(core.home).filter(
      ({ path }) => !/database\/(core\.db|lancedb|friends_store)/.test(path),
    )
    expect(elsewhere.length).toBeGreaterThan(0)
    expect(elsewhere.filter(({ bytes }) => foreign(bytes, []).length > 0).map(({ path }) => path)).toEqual([])
  })
})

/** The secrets and answers in a text that do not belong to these cells. */
function foreign(text: string, own: readonly Cell[]): string[] {
  const others = cells.filter((cell) => !own.includes(cell))
  return others.flatMap((cell) => [secretOf(cell), answerOf(cell)]).filter((word) => text.includes(word))
}

const secretsIn = (text: string): string[] => cells.map(secretOf).filter((secret) => text.includes(secret))

function filesIn(folder: string): { path: string; bytes: string }[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isFile())
    .map((path) => ({ path, bytes: readFileSync(path, 'latin1') }))
}
