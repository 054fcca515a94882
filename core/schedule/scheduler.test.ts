import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { problem, problemFrom } from '../errors.ts'
import { ModelError } from '../model/model.ts'
import type { Execute } from './carry-out.ts'
import { type JobsWorld, openJobs } from './testing.ts'
import { until } from '../testing/until.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

let folder: string
let world: JobsWorld
let clock: number

/** A Core that was stopped comes up again. */
function open(execute?: Execute): void {
  world = openJobs(join(folder, 'core.db'), () => clock, execute && { execute })
}
async function restart(execute?: Execute): Promise<void> {
  await world.close()
  open(execute)
  world.scheduler.start()
}
const texts = () => world.delivered().map(({ text }) => text)
const settled = (expected: number) => until(() => expect(world.delivered()).toHaveLength(expected))
/** Alice writes on a channel. */
async function writes(channel: string, sender: string): Promise<void> {
  const { turn } = await world.chats.begin({
    id: `turn on ${channel}`,
    user_id: 'alice',
    partner: 'system',
    message_id: undefined,
    hash: '',
    channel,
    sender,
    app_id: 'homeclaw',
    session_id: undefined,
    location: undefined,
    replaces: undefined,
    message: undefined,
    hindrance: undefined,
  })
  const { id, message_id, partner } = turn
  await world.chats.complete(turn, { text: 'ok', format: 'plain', request_id: id, message_id, partner })
}
/** What is due by then has run, and nothing else does. */
async function quiet(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 30))
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'homeclaw-jobs-'))
  clock = Date.parse('2026-11-20T10:00:00Z')
  open()
})

afterEach(async () => {
  await world.close()
  rmSync(folder, { recursive: true })
})

describe('a reminder', () => {
  test('comes word for word at its time, where it was asked for, says why, and is over', async () => {
    await writes('whatsapp', '42@s.whatsapp.net')
    await writes('webchat', 'alice')
    const key = { channel_key: 'channel:whatsapp' }
    const { id } = await world.remind('Call the dentist', { at: '2026-11-20T11:00', ...key })
    world.scheduler.start()
    await quiet()
    expect(texts()).toEqual(['Call the dentist'])
    expect(world.delivered()[0]).toMatchObject({
      user_id: 'alice',
      channel: 'whatsapp',
      recipient: '42@s.whatsapp.net',
      reason: 'reminder you set today',
      late: 0,
    })
    expect(world.jobs.get(id)).toMatchObject({ state: 'done', last_run: { status: 'done' } })
    expect(world.jobs.get(id)).not.toHaveProperty('next_run')
  })

  test('rings by a timer, not before its time', async () => {
    world.scheduler.start()
    await world.remind('soon', { at: new Date(clock + 60).toISOString() })
    await quiet()
    expect(texts()).toEqual([])
    clock += 60
    await settled(1)
  })

  test('that was set on Monday says so', async () => {
    await world.remind('Bins', { at: '2026-11-24T08:00' })
    clock = Date.parse('2026-11-24T07:00:00Z')
    await restart()
    await settled(1)
    expect(world.delivered()[0]?.reason).toBe('reminder you set on Friday')
  })

  test.each([
    ['Erinnere mich am Dienstag um 8 an den Müll', 'Erinnerung, die du gestellt hast (Freitag)'],
    ['星期二八点提醒我倒垃圾', '你设的提醒（星期五）'],
    ['Bins, Tuesday', 'reminder you set on Friday'],
  ])('says why in the language it was asked for in: %s', async (asked, reason) => {
    await world.remind('Müll', { at: '2026-11-24T08:00', asked })
    clock = Date.parse('2026-11-24T07:00:00Z')
    await restart()
    await settled(1)
    expect(world.delivered()[0]?.reason).toBe(reason)
  })

  test('that is deleted or paused does not come', async () => {
    const gone = await world.remind('gone', { at: '2026-11-20T12:00' })
    const paused = await world.remind('paused', { at: '2026-11-20T12:00' })
    await world.jobs.remove(gone.id)
    expect(await world.jobs.change(paused.id, { paused: true })).toMatchObject({ state: 'paused' })
    clock += 3 * HOUR
    await restart()
    await quiet()
    expect(texts()).toEqual([])
    expect(await world.jobs.change(paused.id, { paused: false })).toMatchObject({ state: 'done' })
  })

  test('with another time comes at that one', async () => {
    const { id } = await world.remind('x', { at: '2026-11-20T12:00' })
    const changed = await world.jobs.change(id, { at: '2026-11-21T08:00', text: 'y' })
    expect(changed).toMatchObject({ next_run: '2026-11-21T07:00:00.000Z', text: 'y', state: 'active' })
    expect(await world.jobs.change(id, { cron: '0 9 * * *' })).toMatchObject({ cron: '0 9 * * *' })
    expect(await world.jobs.change(id, { timezone: 'UTC' })).toMatchObject({
      next_run: '2026-11-21T09:00:00.000Z',
    })
  })
})

describe('after downtime', () => {
  test('a missed time runs once, late, and says when it was due; the others are seen as skipped', async () => {
    const { id } = await world.remind('Pills', { cron: '0 8 * * *' })
    clock = Date.parse('2026-11-24T09:30:00Z')
    await restart()
    await settled(1)
    await restart()
    await quiet()
    expect(world.delivered()).toMatchObject([
      { text: 'Pills', late: 1, reason: 'reminder you set on Friday; it was due today at 08:00' },
    ])
    expect(world.jobs.runs(id, 10)).toMatchObject([
      { slot: '2026-11-24T07:00:00.000Z', status: 'done', late: true },
      { slot: '2026-11-21T07:00:00.000Z', status: 'skipped', detail: 'Core did not run then' },
    ])
    expect(world.jobs.get(id)).toMatchObject({ next_run: '2026-11-25T07:00:00.000Z' })
  })

  test('a job that is to skip what it missed waits for its next time', async () => {
    const { id } = await world.remind('Pills', { cron: '0 8 * * *', missed: 'skip' })
    const once = await world.remind('once', { at: '2026-11-21T08:00', missed: 'skip' })
    clock = Date.parse('2026-11-24T09:30:00Z')
    await restart()
    await quiet()
    expect(texts()).toEqual([])
    expect(world.jobs.get(once.id)).toMatchObject({ state: 'done', last_run: { status: 'skipped' } })
    clock = Date.parse('2026-11-25T07:00:00Z')
    await restart()
    await settled(1)
    expect(world.jobs.runs(id, 1)).toMatchObject([{ status: 'done' }])
    expect(world.delivered()[0]?.late).toBe(0)
  })
})

describe('a clock that is set', () => {
  test('forward: what was passed over comes, late', async () => {
    await world.remind('a', { at: '2026-11-20T13:00' })
    world.scheduler.start()
    clock += DAY
    world.scheduler.wake()
    await settled(1)
    expect(world.delivered()[0]?.late).toBe(1)
  })

  test('back: nothing comes twice, and nothing waits for the wrong day', async () => {
    await world.remind('hourly', { cron: '0 * * * *' })
    clock += 400 * DAY
    await restart()
    await settled(1)
    clock -= 400 * DAY
    await restart()
    await quiet()
    expect(world.jobs.list('alice')[0]?.next_run).toBe('2026-11-20T11:00:00.000Z')
    clock += HOUR
    world.scheduler.wake()
    await settled(2)
    clock -= 30 * MINUTE
    await restart()
    clock += 30 * MINUTE
    await restart()
    await quiet()
    expect(world.delivered()).toHaveLength(2)
  })
})

describe('a task', () => {
  const once = { kind: 'turn' as const, at: '2026-11-20T11:00' }

  test('is carried out, and what it led to is delivered once, however often Core stops', async () => {
    const slots: number[] = []
    const job = await world.remind('Weather?', once)
    await restart(async (_, { slot }, signal) => {
      slots.push(slot)
      await new Promise((resolve) => signal.addEventListener('abort', resolve))
      throw problem('stopping')
    })
    await until(() => expect(slots).toHaveLength(1))
    expect(world.jobs.runs(job.id, 5)).toMatchObject([{ status: 'running' }])
    await restart(async (_, { slot }) => {
      slots.push(slot)
      return { text: 'Rain', partner: 'system', source: { kind: 'job', id: job.id } }
    })
    await settled(1)
    await restart()
    await quiet()
    expect(slots).toEqual([slots[0], slots[0]])
    expect(world.delivered()).toMatchObject([{ text: 'Rain', reason: 'task you set today' }])
    expect(world.jobs.runs(job.id, 5)).toMatchObject([{ status: 'done', delivery_id: expect.any(String) }])
  })

  test('that fails is told to the person, with the reason, and shown', async () => {
    const job = await world.remind('Weather?', once)
    const cause = new ModelError('auth', 'it does not accept the api_key')
    await restart(() => Promise.reject(problemFrom(cause, 'model_failed', cause.message)))
    await settled(1)
    const fault = 'The language model did not answer: it does not accept the api_key'
    expect(texts()).toEqual([`“Weather?” could not be done: ${fault}`])
    expect(world.jobs.get(job.id)?.last_run).toMatchObject({ status: 'failed', detail: fault })
  })

  /** Fails as if the model were down, so often; a minute passes with each try. */
  function downFor(times: number, tries: string[] = []): Execute {
    return async (job, { slot }) => {
      clock += MINUTE
      tries.push(`${job.text} ${slot}`)
      if (tries.length <= times)
        throw problemFrom(new ModelError('refused', 'nobody listens'), 'model_failed', '')
      return { text: 'Rain', partner: 'system', source: { kind: 'job', id: job.id } }
    }
  }

  test('is tried again while the model is down; the message and the history say so', async () => {
    const job = await world.remind('Weather?', once)
    const tries: string[] = []
    clock += HOUR
    await restart(downFor(3, tries))
    await settled(1)
    expect(tries).toEqual(Array.from({ length: 4 }, () => tries[0]))
    expect(world.delivered()).toMatchObject([
      { text: 'Rain', late: 1, reason: 'task you set today; it was due today at 11:00' },
    ])
    expect(world.jobs.runs(job.id, 5)).toMatchObject([
      { status: 'done', late: true, detail: 'tried 4 times' },
    ])
  })

  test.each([
    ['after an hour', once, 59],
    ['when its next time comes', { kind: 'turn' as const, cron: '*/10 * * * *' }, 9],
  ])('is given up %s', async (_, when, minutes) => {
    const { id } = await world.remind('Weather?', when)
    clock = Date.parse('2026-11-20T10:10:00Z')
    await restart(downFor(Infinity))
    await settled(1)
    const fault = `The language model did not answer: nobody listens (tried ${minutes + 1} times)`
    expect(texts()).toEqual([`“Weather?” could not be done: ${fault}`])
    expect(world.jobs.runs(id, 5)).toMatchObject([{ status: 'failed', detail: fault }])
  })

  test('that waits for its next try goes on after a restart, and not when it was deleted or paused', async () => {
    const jobs = [await world.remind('a', once), await world.remind('b', once), await world.remind('c', once)]
    const held = (): never => {
      throw problem('plugin_offline', 'Clock')
    }
    clock += HOUR
    await world.close()
    world = openJobs(join(folder, 'core.db'), () => clock, { execute: held, pauses: [10 * MINUTE] })
    world.scheduler.start()
    const waits = { status: 'running', detail: 'Clock is not running' }
    for (const { id } of jobs) await until(() => expect(world.jobs.runs(id, 1)).toMatchObject([waits]))
    await world.jobs.remove(jobs[1]?.id ?? '')
    await world.jobs.change(jobs[2]?.id ?? '', { paused: true })
    await restart(downFor(0))
    await settled(1)
    await quiet()
    expect(world.jobs.runs(jobs[0]?.id ?? '', 1)).toMatchObject([{ status: 'done', detail: 'tried 2 times' }])
    expect(texts()).toEqual(['Rain'])
  })

  test('that is deleted while it runs delivers nothing', async () => {
    const job = await world.remind('Weather?', once)
    let finish = (): void => undefined
    await restart(async () => {
      await new Promise<void>((resolve) => (finish = resolve))
      return { text: 'Rain', partner: 'system', source: { kind: 'job', id: job.id } }
    })
    await until(() => expect(world.jobs.runs(job.id, 1)).toHaveLength(1))
    await world.jobs.remove(job.id)
    finish()
    await quiet()
    expect(texts()).toEqual([])
  })
})

test('run now is one more run, and the plan stays', async () => {
  const { id, next_run } = await world.remind('Pills', { cron: '0 8 * * *' })
  world.scheduler.start()
  expect(await world.scheduler.runNow(id)).toMatchObject({ status: 'done' })
  expect(texts()).toEqual(['Pills'])
  expect(world.jobs.get(id)).toMatchObject({ next_run, state: 'active' })
  await expect(world.scheduler.runNow('nothing')).rejects.toMatchObject({ code: 'not_found' })
})

test.each([
  [{ at: '2026-11-20T10:58' }, 'has passed'],
  [{ at: 'tomorrow' }, 'is no time'],
  [{ at: '2026-13-40T10:00' }, 'is no time'],
  [{ cron: '99 * * * *' }, 'minute'],
  [{ cron: '0 8 * * *', timezone: 'Mars/Base' }, 'no time zone'],
  [{ at: '2026-11-21T08:00', cron: '0 8 * * *' }, 'either'],
  [{}, 'either'],
])('%j is refused', async (when, fault) => {
  await expect(world.remind('x', when)).rejects.toThrow(fault)
  expect(world.jobs.list('alice')).toEqual([])
})

test('one person has a thousand jobs at most', async () => {
  for (let n = 0; n < 1_000; n += 100)
    await Promise.all(Array.from({ length: 100 }, () => world.remind('x', { cron: '0 8 * * *' })))
  await expect(world.remind('x', { cron: '0 8 * * *' })).rejects.toThrow('1000 jobs')
  await world.remind('x', { cron: '0 8 * * *', user_id: 'bob' })
})
