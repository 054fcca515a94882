/** What the plugin keeps of a person goes when Core says so, and nothing of anybody else. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { call } from '../sdk/testing/client.ts'
import { type Friends, serveFriends } from './testing/serve.ts'

let friends: Friends
beforeEach(async () => {
  friends = await serveFriends()
})
afterEach(() => friends.close())

const onDisk = (): string =>
  readdirSync(friends.folder)
    .map((name) => readFileSync(join(friends.folder, name), 'latin1'))
    .join('\n')

const maya = { metadata: { companion: { id: 'maya', name: 'Maya' } } }

describe('DELETE /data/{user_id}', () => {
  test('removes chats and settings of all companions, to the last byte', async () => {
    await friends.say('CANARY-one')
    await friends.say('CANARY-two', maya)
    await friends.post('/settings/companion', { name: 'CANARY-three' })
    writeFileSync(join(friends.folder, 'companion_settings.json.left-by-a-kill.tmp'), 'CANARY-four')
    await friends.say('of anna', { user_id: 'anna' })
    await friends.post('/settings/anna', { name: 'Leela' })
    await friends.say('of companion_anna', { user_id: 'companion_anna' })
    expect(onDisk()).toContain('CANARY-two')

    const answer = await friends.remove('/data/companion')
    expect([answer.status, JSON.parse(answer.text)]).toEqual([200, { removed: 3 }])
    expect(onDisk()).not.toContain('CANARY')
    expect((await friends.history('companion')).messages).toEqual([])
    expect((await friends.history('companion', '?persona=maya')).messages).toEqual([])
    expect((await friends.history('anna')).messages[0]?.text).toBe('of anna')
    expect((await friends.history('companion_anna')).messages[0]?.text).toBe('of companion_anna')
    expect((await friends.get('/settings/anna')).text).toContain('Leela')
    await friends.say('Hello again')
    expect((await friends.history('companion')).messages).toHaveLength(2)
  })

  test('waits for the answer that is just made, and leaves nothing of it', async () => {
    const answering = friends.say('CANARY while it is answered')
    await expect.poll(() => friends.asked().length).toBe(1)
    await friends.remove('/data/companion')
    await answering
    expect(onDisk()).not.toContain('CANARY')
    expect((await friends.history('companion')).messages).toEqual([])
  })

  test('of nobody removes nothing, and needs the token', async () => {
    expect(JSON.parse((await friends.remove('/data/nobody')).text)).toEqual({ removed: 0 })
    const answer = await call(`${friends.url()}/data/companion`, 'wrong', { method: 'DELETE' })
    expect(answer.status).toBe(401)
  })
})
