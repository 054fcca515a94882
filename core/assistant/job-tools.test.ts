import { afterEach, beforeEach, expect, test } from 'vitest'
import { createScene, userNamed, type Scene } from '../testing/assistant.ts'

let scene: Scene
beforeEach(async () => {
  scene = await createScene()
})
afterEach(() => scene.close())

const builtin = () => scene.assistant({ model: 'none' })
/** The scene's clock says Friday, 20 November 2026, 23:48. */
const say = async (text: string, more: object = {}) => (await scene.ask(text, more, builtin())).text
const jobsOf = (user: string) =>
  scene.jobs.list(user).map(({ text, channel_key, kind }) => [kind, text, channel_key])

test('"remind me tomorrow at 8 to call the dentist" is set, and confirmed with the exact time', async () => {
  const answer = await say('Remind me tomorrow at 8 to call the dentist')
  expect(answer).toMatch(/^I will remind you on Saturday, 21 November 2026, 08:00 \(.+\): call the dentist/)
  expect(jobsOf('anna')).toEqual([['message', 'call the dentist', 'channel:webchat']])
})

test('goes back to where it was asked for: a channel, or the uncombined app', async () => {
  await say('Remind me in 20 minutes about the pizza', { channel_name: 'whatsapp' })
  const person = { kind: 'companion', id: 'companion', name: 'companion' } as const
  await say('Remind me in 20 minutes about the cake', { person, channel_name: 'webchat' })
  expect(jobsOf('anna')).toEqual([['message', 'the pizza', 'channel:whatsapp']])
  expect(jobsOf('companion')).toEqual([['message', 'the cake', 'companion']])
})

test('without a time it is asked for, and the answer completes it', async () => {
  const asked = await say('Remind me to call Ida')
  expect(asked).toContain('When shall I remind you?')
  const history = [
    { role: 'user', text: 'Remind me to call Ida', at: '' },
    { role: 'assistant', text: asked, at: '' },
  ]
  expect(await say('tomorrow at 9', { history })).toContain('21 November 2026, 09:00')
  expect(jobsOf('anna')).toEqual([['message', 'call Ida', 'channel:webchat']])
})

test('a time that has passed is not set', async () => {
  expect(await say('Remind me yesterday to call Ida')).toContain('has passed already')
  expect(jobsOf('anna')).toEqual([])
})

test('are listed and cancelled by what they are about, each person their own', async () => {
  expect(await say('What are my reminders?')).toContain('You have no reminders.')
  await say('Remind me tomorrow at 8 to call the dentist')
  await say('Remind me every Monday at 9 to take the bins out')
  const list = await say('What are my reminders?')
  expect(list).toContain('08:00')
  expect(list).toContain('call the dentist')
  expect(list).toContain('take the bins out')
  const person = userNamed('bob', 'Bob')
  expect(await say('What are my reminders?', { person })).toContain('You have no reminders.')
  expect(await say('Cancel the dentist', { person })).toContain('found no reminder')
  expect(await say('Cancel the cinema')).toContain('found no reminder')
  expect(await say('Cancel the dentist reminder')).toContain('Cancelled: call the dentist')
  expect(jobsOf('anna').map(([, text]) => text)).toEqual(['take the bins out'])
})

test('in German', async () => {
  const answer = await say('Erinnere mich morgen um 8 Uhr daran, den Zahnarzt anzurufen')
  expect(answer).toContain('08:00')
  expect(jobsOf('anna')).toEqual([['message', 'den Zahnarzt anzurufen', 'channel:webchat']])
})

test('a model sets a task, is told the exact time, and is told what was wrong', async () => {
  const call = (name: string, args: object) => ({ tool_calls: [{ name, arguments: args }] })
  scene.server.script([
    call('schedule', { task: 'Look up the weather', when: 'every morning' }),
    call('remind_me', { text: 'x', when: 'some day' }),
    'Done.',
  ])
  await scene.ask('do it')
  expect(scene.results(2)).toMatchObject([
    {
      set: {
        kind: 'task',
        text: 'Look up the weather',
        repeats: '0 8 * * *',
        next: expect.stringContaining('08:00'),
      },
    },
    { error: expect.stringContaining('no time was found in "some day"') },
  ])
  expect(jobsOf('anna')).toEqual([['turn', 'Look up the weather', 'channel:webchat']])
})
