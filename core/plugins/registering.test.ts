import { setTimeout as pause } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { requestOf, startCore, type TestCore } from './plugins.fixture.ts'
import { until } from '../testing/until.ts'

let core: TestCore
beforeEach(async () => {
  core = await startCore()
})
afterEach(async () => {
  await core.close()
})

describe('registrations', () => {
  it('survive a restart; they are offline until their health was asked', async () => {
    const { base, child } = await core.byHand()
    const token = await core.register('by_hand', base)
    await core.restart()
    expect(core.plugins.list()).toMatchObject([{ plugin_id: 'by_hand', config: { base_url: base } }])
    expect(core.plugins.state('by_hand')).toBe('offline')
    await until(() => expect(core.plugins.state('by_hand')).toBe('ready'))
    expect((await core.plugins.call('by_hand', requestOf('auth'))).text).toBe(`Bearer ${token}`)
    child.kill('SIGKILL')
    await core.restart()
    await pause(300)
    expect(core.plugins.state('by_hand')).toBe('offline')
  })

  it('of a plugin that Core starts are not believed after a restart until it has registered again', async () => {
    core.place('test', 'silent')
    const { base } = await core.byHand()
    await core.register('test', base)
    core.configure({ test: {} })
    await pause(300)
    expect(core.plugins.state('test')).toBe('starting')
  })

  it('by the owner are a conflict while Core runs it', async () => {
    core.place('test')
    core.configure({ test: {} })
    await core.plugins.settled()
    const before = core.plugins.list()
    const { base } = await core.byHand()
    await expect(core.register('test', base)).rejects.toMatchObject({ code: 'conflict' })
    expect(core.plugins.list()).toEqual(before)
  })

  it('by the owner give a new token; by the plugin itself it stays', async () => {
    const { base } = await core.byHand()
    const [first, second] = [await core.register('x', base), await core.register('x', base)]
    expect(core.plugins.authenticate(first)).toBeUndefined()
    const body = {
      plugin_id: 'x',
      name: 'New',
      health_check_url: `${base}/health`,
      type: 'http',
      config: { base_url: base },
    }
    const answer = await core.request('POST', '/api/plugins/register', second, body)
    expect(answer).toMatchObject({ status: 200, body: { token: second } })
    expect(core.plugins.name('x')).toBe('New')
    expect(core.plugins.list()).toHaveLength(1)
  })

  it('that are taken back are gone, with their token, also after a restart', async () => {
    const { base } = await core.byHand()
    const token = await core.register('x', base)
    const turn = core.plugins.call('x', requestOf('hang')).catch((error: { code: string }) => error.code)
    expect(await core.plugins.unregister('X')).toBe(true)
    expect(await turn).toBe('plugin_offline')
    expect(await core.plugins.unregister('x')).toBe(false)
    expect(core.plugins.authenticate(token)).toBeUndefined()
    await core.restart()
    expect(core.plugins.list()).toEqual([])
  })
})
