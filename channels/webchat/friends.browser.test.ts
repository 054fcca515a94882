/** How friends are with a person, and when they may write first: set by each for themself. */
import axe from 'axe-core'
import type { Request } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { CHROMIUM, type Visitor } from './testing/browser.ts'
import { world } from './testing/world.ts'

const at = world({
  log_level: 'warn',
  memory: { enabled: false },
  companions: [
    { id: 'friend', plugin_id: 'friends', session_id_value: 'friend', keyword: 'Veda' },
    { id: 'aunt', plugin_id: 'friends', session_id_value: 'aunt', keyword: 'Maya' },
  ],
  plugins: { friends: { memory: ['own'], model: true, deliver: true, schedule: true } },
})

const settingsOf = async (user: string, companion = 'friend') =>
  (await at.core.get(`/api/companions/${companion}/settings?user_id=${user}`)).body.settings
const rulesOf = async (user: string, companion = 'friend') =>
  (await at.core.get(`/api/companions/${companion}/nudges?user_id=${user}`)).body

async function violations({ page }: Visitor): Promise<string[]> {
  await page.addScriptTag({ content: axe.source })
  return page.evaluate('axe.run().then(({ violations }) => violations.map(({ id }) => id))')
}

async function open(options: Parameters<typeof at.visit>[0] = {}): Promise<Visitor> {
  const visitor = await at.visit({ bypassCSP: true, ...options })
  await visitor.page.getByRole('link', { name: 'Settings' }).click()
  await visitor.page.getByRole('link', { name: 'Friends', exact: true }).click()
  await visitor.page.getByRole('heading', { level: 1, name: 'Friends' }).waitFor()
  return visitor
}

describe.skipIf(!CHROMIUM)('the page of friends', () => {
  it('changes one friend for one person, and nothing for anybody else', async () => {
    await expect.poll(() => settingsOf('alice')).toBeDefined()
    const before = await settingsOf('alice')
    const visitor = await open()
    const form = visitor.page.getByRole('form', { name: 'Veda', exact: true })
    await form.getByLabel('Character').selectOption('Sister')
    await form.getByLabel('Language').selectOption('Deutsch')
    await form.getByLabel('Length of the answers').selectOption('Short')
    await form.getByLabel('Writes after so many quiet days').fill('3')
    await form.getByLabel('Good morning at').fill('07:30')
    await form.getByRole('button', { name: 'Save: Veda' }).click()
    await form.getByText('Saved').waitFor()
    expect(await settingsOf(at.me)).toEqual({
      ...before,
      character: 'sister',
      language: 'de',
      response_length: 'short',
      idle_days_before_nudge: 3,
      good_morning: '07:30',
    })
    expect(await settingsOf(at.me, 'aunt')).toMatchObject({ character: 'friend', language: 'en' })
    expect(await settingsOf('alice')).toEqual(before)
    await visitor.page.reload()
    await expect.poll(() => form.getByLabel('Good morning at').inputValue()).toBe('07:30')
    expect(visitor.faults).toEqual([])
  })

  it.each([
    ['light, 1440 px', { colorScheme: 'light', viewport: { width: 1440, height: 900 } }],
    ['dark, 360 px', { colorScheme: 'dark', viewport: { width: 360, height: 700 } }],
  ] as const)('has nothing for axe to find: %s', async (_, look) => {
    const visitor = await open(look)
    await visitor.page.getByRole('form', { name: 'Maya', exact: true }).waitFor()
    expect(await violations(visitor)).toEqual([])
    expect(await visitor.page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true)
  })

  it('says which friend may write first, and when', async () => {
    const { page } = await open()
    await page.getByRole('switch', { name: 'May write to me first: Maya' }).check()
    await expect.poll(async () => (await rulesOf(at.me, 'aunt')).allowed).toBe(true)
    expect((await rulesOf(at.me)).allowed).toBe(false)
    const times = page.getByRole('form', { name: 'When friends may write first' })
    await times.getByLabel('From').fill('21:15')
    await times.getByLabel('At most so many times a day').fill('4')
    const late = Promise.withResolvers<void>()
    const isRead = (request: Request): boolean => request.method() === 'GET' && /nudges/.test(request.url())
    await page.route(/nudges/, async (route) => {
      if (isRead(route.request())) await late.promise
      await route.continue()
    })
    await times.getByRole('button', { name: /^Save/ }).click()
    await expect.poll(() => rulesOf(at.me)).toMatchObject({ quiet_hours: '21:15-08:00', most_a_day: 4 })
    await times.getByRole('switch', { name: 'Quiet hours' }).uncheck()
    const seen = page.waitForResponse((answer) => isRead(answer.request()))
    late.resolve()
    await seen
    await page.evaluate('new Promise((done) => setTimeout(done, 300))')
    await times.getByRole('button', { name: /^Save/ }).click()
    await expect.poll(async () => (await rulesOf(at.me)).quiet_hours).toBe('')
    expect(await rulesOf('alice', 'aunt')).toMatchObject({ allowed: false, quiet_hours: '22:00-08:00' })
  })

  it('ends a “not now” before its time', async () => {
    const path = `/api/companions/friend/nudges?user_id=${at.me}`
    await at.core.send('PATCH', path, { allowed: true, quiet_hours: '' })
    await at.core.post(`/api/companions/friend/settings?user_id=${at.me}`, { good_morning: '08:00' })
    const [job] = (await at.core.get(`/api/jobs?user_id=${at.me}`)).body.jobs
    await at.core.post(`/api/jobs/${job.id}/run`, {})
    await expect
      .poll(async () => (await at.core.get(`/api/jobs/${job.id}`)).body.last_run?.status)
      .toBe('done')
    await at.core.inbound({ user_id: at.me, channel_name: 'webchat', text: 'Not now' })
    expect((await rulesOf(at.me)).muted_until).toBeDefined()
    const { page } = await open()
    await page.getByText('Nobody writes first until').waitFor()
    await page.getByRole('button', { name: 'They may write again' }).click()
    await expect.poll(async () => (await rulesOf(at.me)).muted_until).toBe(undefined)
    await page.getByText('Nobody writes first until').waitFor({ state: 'detached' })
  })

  it('is there for a person with a pass code, and for the app with nobody picked', async () => {
    await at.core.send('PUT', `/api/config/users/${at.me}/code`, { code: 'open sesame' })
    const { page } = await at.visit({ link: at.core.url })
    await page.getByLabel('User name').fill(at.me)
    await page.getByLabel('Pass code').fill('open sesame')
    await page.getByRole('button', { name: 'Log in', exact: true }).click()
    await page.getByRole('link', { name: 'Settings' }).click()
    await page.getByRole('link', { name: 'Friends', exact: true }).click()
    const theirs = page.getByRole('form', { name: 'Maya', exact: true })
    await theirs.getByLabel('Name').fill('Auntie')
    await theirs.getByRole('button', { name: 'Save: Maya' }).click()
    await expect.poll(async () => (await settingsOf(at.me, 'aunt')).name).toBe('Auntie')

    const nobody = await open({ as: 'companion' })
    const own = nobody.page.getByRole('form', { name: 'Maya', exact: true })
    await own.getByLabel('Character').selectOption('Parent')
    await own.getByRole('button', { name: 'Save: Maya' }).click()
    await expect.poll(async () => (await settingsOf('companion', 'aunt')).character).toBe('parent')
    expect((await settingsOf(at.me, 'aunt')).character).toBe('friend')
  })

  it('says that a friend is away, keeps what is typed, and goes on when it is back', async () => {
    const { page } = await open()
    const form = page.getByRole('form', { name: 'Veda', exact: true })
    await form.getByLabel('Name').fill('Leela')
    await at.core.post('/api/plugins/friends/disable', {})
    await page.getByText('Veda is offline now.').waitFor()
    expect(await form.getByRole('button', { name: 'Save: Veda' }).isDisabled()).toBe(true)
    const late = await open()
    await late.page.getByText('Maya is offline now.').waitFor()
    await at.core.post('/api/plugins/friends/enable', {})
    await late.page.getByRole('form', { name: 'Maya', exact: true }).waitFor()
    expect(await form.getByLabel('Name').inputValue()).toBe('Leela')
    await form.getByRole('button', { name: 'Save: Veda' }).click()
    await expect.poll(async () => (await settingsOf(at.me)).name).toBe('Leela')
  })
})
