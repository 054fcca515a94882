/** Everything of a person: taken along, and deleted, by whom it belongs to. */
import axe from 'axe-core'
import { readFileSync } from 'node:fs'
import { expect, describe, it } from 'vitest'
import { CHROMIUM, type Visitor } from './testing/browser.ts'
import { world } from './testing/world.ts'

const at = world({
  log_level: 'warn',
  memory: { enabled: true, embedder: 'bundled' },
  companions: [{ id: 'friend', plugin_id: 'friends', session_id_value: 'friend', keyword: 'Veda' }],
  plugins: { friends: { start: false } },
})

const violations = async ({ page }: Visitor): Promise<string[]> => {
  await page.addScriptTag({ content: axe.source })
  return page.evaluate('axe.run().then(({ violations }) => violations.map(({ id }) => id))')
}
const memoriesOf = async (user: string): Promise<string[]> =>
  (await at.core.get(`/api/memories?user_id=${user}`)).body.memories.map(
    (one: { memory: string }) => one.memory,
  )

/** Somebody with a chat, a memory and a job, logged in with a pass code, on the page of their data. */
async function opened(look: object = {}): Promise<Visitor> {
  for (const user_id of [at.me, 'alice']) {
    await at.core.inbound({ user_id, channel_name: 'webchat', text: `said by ${user_id}` })
    await at.core.post('/api/plugins/memory/add', { user_id, text: `${user_id} hides the key` })
    await at.core.post('/api/jobs', { user_id, kind: 'message', text: `Call ${user_id}`, cron: '0 8 * * *' })
  }
  await at.core.send('PUT', `/api/config/users/${at.me}/code`, { code: 'open sesame' })
  const visitor = await at.visit({ link: at.core.url, bypassCSP: true, ...look })
  const { page } = visitor
  await page.getByLabel('User name').fill(at.me)
  await page.getByLabel('Pass code').fill('open sesame')
  await page.getByRole('button', { name: 'Log in', exact: true }).click()
  await page.getByRole('link', { name: 'System' }).click()
  await page.getByRole('textbox', { name: /Write/ }).fill('half a thought')
  await page.goto(`${at.core.url}/#/`)
  await page.getByRole('link', { name: 'Settings' }).click()
  await page.getByRole('link', { name: 'My data' }).click()
  await page.getByRole('heading', { level: 1, name: 'My data' }).waitFor()
  return visitor
}

describe.skipIf(!CHROMIUM)('the data of a person', () => {
  it('is downloaded whole, with nothing of anybody else, and says what is missing', async () => {
    const { page, faults } = await opened()
    await page.getByText('Offline now, so what they keep is not in it: Veda').waitFor()
    const downloading = page.waitForEvent('download')
    await page.getByRole('link', { name: 'Download all' }).click()
    const text = readFileSync(await (await downloading).path(), 'utf8')
    for (const own of [`said by ${at.me}`, `${at.me} hides the key`, `Call ${at.me}`])
      expect(text).toContain(own)
    expect(text).not.toContain('alice')
    expect(text.trim().split('\n').at(-1)).toBe('{"kind":"end"}')
    expect(faults).toEqual([])
  })

  it('is deleted after a confirmation that names it, and the answer says what was not', async () => {
    const alices = await memoriesOf('alice')
    const visitor = await opened()
    const { page, faults } = visitor
    const drafts = (): Promise<string[]> =>
      page.evaluate(`Object.keys(localStorage).filter((key) => key.includes('draft.["${at.me}"'))`)
    await expect.poll(drafts).toHaveLength(1)
    await page.getByRole('button', { name: 'Delete everything of mine' }).click()
    await page.getByText('This goes for good').waitFor()
    for (const place of ['All chats', 'Memories', 'Files and pictures', 'What friends and plugins keep'])
      await page.getByRole('listitem').filter({ hasText: place }).first().waitFor()
    expect(await violations(visitor)).toEqual([])
    await page.getByRole('button', { name: 'Delete for good' }).click()
    expect(await memoriesOf(at.me)).toContain(`${at.me} hides the key`)
    await page.getByRole('checkbox', { name: /^Yes, delete everything of Guest/ }).check()
    await page.getByRole('button', { name: 'Delete for good' }).click()

    await page.getByText('All chats: 2').waitFor()
    await page.getByText('Friends: offline now').waitFor()
    expect(await violations(visitor)).toEqual([])
    expect(await memoriesOf(at.me)).toEqual([])
    expect(await at.stored('system')).toEqual([])
    expect((await at.core.get(`/api/jobs?user_id=${at.me}`)).body.jobs).toEqual([])
    expect(await memoriesOf('alice')).toEqual(expect.arrayContaining([...alices, 'alice hides the key']))
    expect((await at.core.get('/api/jobs?user_id=alice')).body.jobs).not.toEqual([])
    expect(await drafts()).toEqual([])

    await page.getByRole('button', { name: 'Go on' }).click()
    await page.getByRole('textbox', { name: /Write/ }).waitFor()
    expect(await page.getByText(`said by ${at.me}`).count()).toBe(0)
    expect(faults).toEqual([])
  })

  it('has nothing for axe to find, dark and 360 px wide', async () => {
    const visitor = await opened({ colorScheme: 'dark', viewport: { width: 360, height: 700 } })
    await visitor.page.getByRole('button', { name: 'Delete everything of mine' }).click()
    await visitor.page.getByText('This goes for good').waitFor()
    expect(await violations(visitor)).toEqual([])
    expect(await visitor.page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true)
  })

  it('stays when the person thinks again', async () => {
    const { page } = await opened()
    await page.getByRole('button', { name: 'Delete everything of mine' }).click()
    await page.getByRole('button', { name: 'Cancel' }).click()
    await page.getByRole('button', { name: 'Delete everything of mine' }).waitFor()
    expect(await memoriesOf(at.me)).toContain(`${at.me} hides the key`)
  })
})
