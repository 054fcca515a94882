/** What is remembered: looked through, corrected, forgotten, taken along; by whom it belongs to. */
import axe from 'axe-core'
import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { CHROMIUM } from './testing/browser.ts'
import { world } from './testing/world.ts'
import { until } from '../../core/testing/until.ts'

const at = world({ log_level: 'warn', memory: { enabled: true, embedder: 'bundled' }, companions: [] })

const add = (user_id: string, text: string): Promise<unknown> =>
  at.core.post('/api/plugins/memory/add', { user_id, text })
const stored = async (): Promise<string[]> =>
  (await at.core.get(`/api/memories?user_id=${at.me}`)).body.memories.map(
    ({ memory }: { memory: string }) => memory,
  )

it.skipIf(!CHROMIUM)('a person corrects, forgets and exports what is theirs, and sees no more', async () => {
  await at.core.send('PUT', `/api/config/users/${at.me}/code`, { code: 'open sesame' })
  await add('alice', 'alice hides the key')
  for (let count = 1; count <= 52; count++) await add(at.me, `fact number ${count}`)
  const { page, faults } = await at.visit({ link: at.core.url, bypassCSP: true })
  await page.getByLabel('User name').fill(at.me)
  await page.getByLabel('Pass code').fill('open sesame')
  await page.getByRole('button', { name: 'Log in', exact: true }).click()
  await page.getByRole('link', { name: 'Settings' }).click()
  await page.getByRole('link', { name: 'Memories' }).click()
  const cards = page.locator('.plugin-list > li')
  await until(async () => expect(await cards.count()).toBe(50))
  await page.getByRole('button', { name: 'More', exact: true }).click()
  await until(async () => expect(await cards.count()).toBe(52))
  expect(await page.getByText('alice hides').count()).toBe(0)

  await page.addScriptTag({ content: axe.source })
  expect(await page.evaluate('axe.run().then(({ violations }) => violations.map(({ id }) => id))')).toEqual(
    [],
  )

  await page.getByRole('button', { name: 'Edit: fact number 52' }).click()
  const editor = page.getByRole('textbox', { name: 'Edit' })
  await editor.fill('fact made right')
  await editor.press('Enter')
  await editor.pressSequentially('in two lines')
  await page.getByRole('button', { name: 'Save' }).click()
  await until(async () => expect(await stored()).toContain('fact made right\nin two lines'))
  await page.getByRole('button', { name: 'Forget: fact number 51' }).click()
  expect(await stored()).toContain('fact number 51')
  await page.getByRole('button', { name: 'Really forget: fact number 51' }).click()
  await until(async () => expect(await stored()).not.toContain('fact number 51'))

  const downloading = page.waitForEvent('download')
  await page.getByRole('link', { name: 'Download all' }).click()
  const file = readFileSync(await (await downloading).path(), 'utf8')
  expect(file.trim().split('\n')).toHaveLength(51)

  await page.getByLabel('Search the memories').fill('made right')
  await page.getByRole('button', { name: 'Search', exact: true }).click()
  await until(async () => expect(await cards.first().innerText()).toContain('fact made right\nin two lines'))
  expect(faults).toEqual([])
})

it.skipIf(!CHROMIUM)('what was learnt in one chat is forgotten, the rest and the messages stay', async () => {
  await at.core.inbound({ user_id: at.me, channel_name: 'webchat', text: 'My bike is in the red shed' })
  await at.core.inbound({ user_id: 'alice', channel_name: 'webchat', text: 'My boat is in the blue shed' })
  await add(at.me, 'added by hand')
  await until(async () => expect(await stored()).toHaveLength(2))
  const { page, faults } = await at.visit()
  await page.getByRole('link', { name: 'Settings' }).click()
  await page.getByRole('link', { name: 'Memories' }).click()
  await page.getByText('My bike is in the red shed').last().waitFor()
  await page.getByText('Forget a whole chat').click()
  await page.getByRole('combobox', { name: 'Forget a whole chat' }).selectOption('System')
  await page.getByRole('button', { name: 'Really forget', exact: true }).click()
  await until(async () => expect(await page.locator('.plugin-list > li').count()).toBe(1))
  expect(await stored()).toEqual(['added by hand'])
  expect((await at.core.get('/api/memories?user_id=alice&q=boat')).body.memories).toHaveLength(1)
  expect((await at.stored('system')).map(({ text }) => text)).toContain('My bike is in the red shed')
  expect(faults).toEqual([])
})
