/** Many tabs, two people and two devices each, all at once. */
import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { CHROMIUM, type Visitor } from './testing/browser.ts'
import { world } from './testing/world.ts'
import { until } from '../../core/testing/until.ts'

const at = world()
const bubbles = (page: Page): Promise<string[]> => page.locator('article .bubble').allInnerTexts()
const systemIn = (page: Page) =>
  page.getByRole('navigation', { name: 'Chats' }).getByRole('link', { name: /^System/ })

/** More tabs of the same browser, each with the page open. */
async function tabsOf({ page }: Visitor, count: number): Promise<Page[]> {
  const tabs = [page]
  while (tabs.length < count) {
    const tab = await page.context().newPage()
    await tab.goto(at.core.url)
    await tab.getByRole('textbox', { name: /Write/ }).waitFor()
    tabs.push(tab)
  }
  return tabs
}

async function send(page: Page, text: string): Promise<void> {
  await page.getByRole('textbox', { name: /Write/ }).fill(text)
  await page.getByRole('textbox', { name: /Write/ }).press('Enter')
}

describe.skipIf(!CHROMIUM)('tabs', () => {
  it('nine of them in one browser all work, and show the same', async () => {
    const tabs = await tabsOf(await at.visit(), 9)
    await send(tabs[8]!, 'from the ninth')
    for (const tab of tabs)
      await until(async () =>
        expect(await bubbles(tab)).toEqual(['from the ninth', 'You said: from the ninth']),
      )
  })

  it('of two browsers, three each, agree on what is there and what is unread', async () => {
    const browsers = await Promise.all([at.visit(), at.visit()])
    const tabs = (await Promise.all(browsers.map((one) => tabsOf(one, 3)))).flat()
    for (const tab of tabs) await tab.goto(`${at.core.url}/#/chat/friend`)
    await at.say('from elsewhere', 'something new')
    for (const tab of tabs) await systemIn(tab).getByLabel('1 unread').waitFor()
    const [first] = tabs
    await first!.bringToFront()
    await systemIn(first!).click()
    for (const tab of tabs) await systemIn(tab).getByLabel('1 unread').waitFor({ state: 'detached' })
    for (const tab of tabs.slice(1)) await tab.goto(`${at.core.url}/#/chat/system`)
    for (const tab of tabs)
      await until(async () => expect(await bubbles(tab)).toEqual(['from elsewhere', 'something new']))
  })
})

describe.skipIf(!CHROMIUM)('two people with two devices each', () => {
  it('write at once, see their own on both, and nothing of the other', async () => {
    const people = ['alice', 'bob'] as const
    const devices: Record<string, Visitor[]> = { alice: [], bob: [] }
    for (const user of people) {
      await at.core.send('PUT', `/api/config/users/${user}/code`, { code: `code of ${user}` })
      for (const device of [0, 1]) {
        const visitor = await at.visit({ link: at.core.url, as: 'companion' })
        await visitor.page.getByLabel('User name').fill(user)
        await visitor.page.getByLabel('Pass code').fill(`code of ${user}`)
        await visitor.page.getByRole('button', { name: 'Log in', exact: true }).click()
        await visitor.page.getByRole('textbox', { name: /Write/ }).waitFor()
        devices[user]![device] = visitor
      }
    }
    const all = people.flatMap((user) => devices[user]!.map((visitor, device) => ({ user, visitor, device })))
    await Promise.all(all.map(({ user, visitor, device }) => visitor.send(`${user} on ${device}`)))
    for (const { user, visitor } of all) {
      const own = [0, 1].flatMap((device) => [`${user} on ${device}`, `You said: ${user} on ${device}`])
      await until(async () => expect((await visitor.bubbles()).toSorted()).toEqual(own.toSorted()))
      const other = user === 'alice' ? 'bob' : 'alice'
      expect(await visitor.page.content()).not.toContain(`${other} on`)
      expect(await visitor.page.evaluate('JSON.stringify(localStorage)')).not.toContain(`${other} on`)
    }
    for (const { visitor } of all) expect(visitor.faults).toEqual([])
  })
})
