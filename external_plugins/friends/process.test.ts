import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { historyPage } from '#contract'
import { inWords, testPlugin } from '#plugin-sdk/testing'
import { call, run, until } from '../sdk/testing/client.ts'
import { startTestCore, type TestCore } from '../sdk/testing/core.ts'
import { type FriendsProcess, spawnFriends, startFriends } from './testing/process.ts'

/** Each test starts up to three processes. */
vi.setConfig({ testTimeout: 40_000 })

let core: TestCore
let folder: string
const children: Pick<FriendsProcess, 'child'>[] = []

beforeEach(async () => {
  core = await startTestCore()
  folder = await mkdtemp(join(tmpdir(), 'friends-'))
})
afterEach(async () => {
  for (const { child } of children.splice(0)) child.kill('SIGKILL')
  await core.close()
  await rm(folder, { recursive: true })
})

async function start(variables?: Record<string, string>): Promise<FriendsProcess> {
  const friends = await startFriends(core, folder, variables)
  children.push(friends)
  return friends
}

const asked = (): number => core.bodies('/api/plugins/llm/generate').length

test('kill -9 during a turn: the message is kept, and the same request_id is answered once', async () => {
  core.model = () => new Promise<string>(() => {})
  const fields = { request_id: 'r1', user_input: 'My word is quartz.' }
  const first = await start()
  const lost = run(first.url, core.token(), fields).catch((error: Error) => error.message)
  await until(() => asked() === 1, 'asked')
  first.child.kill('SIGKILL')
  expect(await lost).toContain('other side closed')

  const second = await start()
  const page = async () => {
    const answer = await call(`${second.url}/history/companion`, core.token(), { method: 'GET' })
    return historyPage.parse(JSON.parse(answer.text)).messages
  }
  expect(await page()).toEqual([
    expect.objectContaining({ text: fields.user_input, failed: expect.any(String) }),
  ])
  core.model = () => 'Quartz it is.'
  expect(await run(second.url, core.token(), fields)).toMatchObject({ success: true, text: 'Quartz it is.' })
  expect((await page()).map(({ text }) => text)).toEqual([fields.user_input, 'Quartz it is.'])

  second.child.kill('SIGKILL')
  await second.ended
  const third = await start()
  expect(await run(third.url, core.token(), fields)).toMatchObject({ success: true, text: 'Quartz it is.' })
  expect(asked()).toBe(2)
})

test('a reply that was acknowledged survives kill -9 at once after it', async () => {
  const first = await start()
  for (let turn = 0; turn < 5; turn++)
    await run(first.url, core.token(), { request_id: `r${turn}`, user_input: `Number ${turn}.` })
  first.child.kill('SIGKILL')
  await first.ended
  const second = await start()
  const answer = await call(`${second.url}/history/companion`, core.token(), { method: 'GET' })
  const { messages } = historyPage.parse(JSON.parse(answer.text))
  expect(messages.filter(({ role }) => role === 'assistant')).toHaveLength(5)
})

test('it keeps the contract', async () => {
  expect(inWords(await testPlugin({ folder: import.meta.dirname }))).toContain('15 passed, 0 failed')
})

test('it ends when stdin ends, because Core has gone', async () => {
  const friends = await start()
  friends.child.stdin?.end()
  expect(await friends.ended).toBe(0)
})

test('started by hand it outlives its stdin, and signs off on SIGTERM', async () => {
  const friends = await start({ HOMECLAW_SUPERVISED: '' })
  friends.child.stdin?.end()
  expect(await run(friends.url, core.token(), {})).toMatchObject({ success: true })
  friends.child.kill('SIGTERM')
  expect(await friends.ended).toBe(0)
  expect(core.bodies('/api/plugins/unregister')).toEqual([{ plugin_id: 'friends' }])
})

test('it ends on SIGTERM also when nobody reads what it writes any more', async () => {
  const friends = spawnFriends({ CORE_URL: 'http://127.0.0.1:1', PLUGIN_DATA: folder })
  children.push(friends)
  await until(() => friends.output().includes('not registered yet'), 'listens, and looks for Core')
  friends.child.stdout?.destroy()
  friends.child.kill('SIGTERM')
  expect(await friends.ended).toBe(0)
})

test('started by hand it ends when the launcher that started it is killed', async () => {
  const friends = await start({ HOMECLAW_SUPERVISED: '' })
  friends.child.disconnect()
  expect(await friends.ended).toBe(0)
})

test('SIGTERM lets a turn finish, hands over its memory, and Core is not signed off', async () => {
  const gate = Promise.withResolvers<string>()
  core.model = () => gate.promise
  const friends = await start()
  const running = run(friends.url, core.token(), { user_input: 'I like tea.' })
  await until(() => asked() === 1, 'asked')
  friends.child.kill('SIGTERM')
  await until(
    async () =>
      (await call(`${friends.url}/health`, undefined, { method: 'GET' }).catch(() => null)) === null,
    'refuses new requests',
  )
  gate.resolve('Tea it is.')
  expect(await running).toMatchObject({ success: true, text: 'Tea it is.' })
  expect(await friends.ended).toBe(0)
  expect(core.memories.get('companion_friend')).toHaveLength(1)
  expect(core.bodies('/api/plugins/unregister')).toEqual([])
})

test('SIGTERM ends a turn that hangs within the time that Core gives', async () => {
  core.model = () => new Promise<string>(() => {})
  const friends = await start()
  const running = run(friends.url, core.token(), { user_input: 'I like tea.' })
  await until(() => asked() === 1, 'asked')
  friends.child.kill('SIGTERM')
  expect(await running).toMatchObject({ success: false, error: 'The plugin is stopping' })
  expect(await friends.ended).toBe(0)
})

test('words of people, tokens and keys never reach the log', async () => {
  const friends = await start()
  await run(friends.url, core.token(), { user_input: 'My secret is quartz.' })
  core.model = () => Promise.reject(new Error('quartz'))
  await run(friends.url, core.token(), { user_input: 'quartz again' })
  await call(`${friends.url}/run`, core.token(), { body: 'quartz' })
  await call(`${friends.url}/settings/companion`, core.token(), { body: { name: 'quartz', quartz: 1 } })
  friends.child.kill('SIGTERM')
  await friends.ended
  expect(friends.output()).toContain('answered')
  expect(friends.output()).not.toContain('quartz')
  expect(friends.output()).not.toContain(core.token())
  expect(friends.output()).not.toContain(core.ownerKey)
})

test("the owner's file goes over config.yml", async () => {
  const file = join(folder, 'friends.yml')
  await writeFile(file, 'name: Nora\npersonas:\n  my-aunt: {character: parent}\n')
  const friends = await start({ PLUGIN_CONFIG: file })
  const of = async (persona: string): Promise<unknown> =>
    JSON.parse(
      (await call(`${friends.url}/settings/x?persona=${persona}`, core.token(), { method: 'GET' })).text,
    )
  expect(await of('friend')).toMatchObject({ settings: { name: 'Nora', character: 'friend' } })
  expect(await of('my_aunt')).toMatchObject({ settings: { name: 'My Aunt', character: 'parent' } })
})

test('faults of its configuration are all told with file, line and the nearest key; exit 78', async () => {
  const file = join(folder, 'friends.yml')
  await writeFile(file, 'nam: Nora\n\ncharacter: boss\npersonas:\n  maya:\n    langage: fr\n')
  const friends = spawnFriends({ CORE_URL: core.url, PLUGIN_DATA: folder, PLUGIN_CONFIG: file })
  children.push(friends)
  expect(await friends.ended).toBe(78)
  expect(friends.output()).toContain(`${file}:1: nam is not a setting. Do you mean "name"?`)
  expect(friends.output()).toContain(`${file}:3: character: `)
  expect(friends.output()).toContain(
    `${file}:6: personas.maya.langage is not a setting. Do you mean "language"?`,
  )
})

test('a taken port is said and ends it with 1', async () => {
  const friends = await start()
  const again = spawnFriends({ CORE_URL: core.url, PLUGIN_DATA: folder, PORT: new URL(friends.url).port })
  children.push(again)
  expect(await again.ended).toBe(1)
  expect(again.output()).toContain('is taken')
  expect(await readdir(folder)).toEqual([])
})
