/** Several tabs of a person, search, and what can be done with a message. */
import { describe, expect, it } from 'vitest'
import { CHROMIUM, type Visitor } from './testing/browser.ts'
import { heldAnswer, world } from './testing/world.ts'
import { until } from '../../core/testing/until.ts'

const at = world()
const row = ({ page }: Visitor, name: string) =>
  page.getByRole('navigation', { name: 'Chats' }).getByRole('link', { name })

describe.skipIf(!CHROMIUM)('several tabs of a person', () => {
  it('show a message and its answer at once, with nothing to reload', async () => {
    const [one, other] = await Promise.all([at.visit(), at.visit()])
    await other.page.getByText('What can I do for you?').waitFor()
    await one.send('Hello')
    await until(async () => expect(await other.bubbles()).toEqual(['Hello', 'You said: Hello']))
    await until(async () => expect(await one.bubbles()).toEqual(['Hello', 'You said: Hello']))
  })

  it('count what is unread, and reading it in one clears all', async () => {
    const [one, other] = await Promise.all([at.visit(), at.visit()])
    for (const { openChat } of [one, other]) await openChat('Veda')
    await at.say('from elsewhere', 'something new')
    for (const visitor of [one, other]) await row(visitor, 'System').getByLabel('1 unread').waitFor()
    await one.openChat('System')
    await one.page.getByText('New', { exact: true }).waitFor()
    await row(other, 'System').getByLabel('1 unread').waitFor({ state: 'detached' })
    expect((await at.core.get(`/api/chats?user_id=${at.me}`)).body.chats[0].unread).toBe(0)
    await one.page.getByText('New', { exact: true }).waitFor()
  })

  it('say nothing to a tab where somebody else is picked', async () => {
    const [one, other] = await Promise.all([at.visit(), at.visit({ as: 'bob' })])
    await other.page.getByText('What can I do for you?').waitFor()
    await one.send('not for Bob')
    await until(async () => expect(await one.bubbles()).toHaveLength(2))
    expect(await other.page.content()).not.toContain('not for Bob')
  })
})

describe.skipIf(!CHROMIUM)('search', () => {
  it('finds what was said in any chat, marks the words, and leads to the message', async () => {
    await at.say('The code of the red shed is 4711', 'Noted')
    for (let number = 0; number < 60; number++) await at.say(`Chatter ${number}`, 'Mm')
    const { page } = await at.visit()
    await page.getByRole('searchbox', { name: 'Search all chats' }).fill('red shed')
    const found = page.locator('.list .row', { hasText: 'red shed is 4711' })
    await found.waitFor()
    expect(await found.locator('mark').allInnerTexts()).toEqual(['red', 'shed'])
    await found.click()
    await page.locator('.log .bubble', { hasText: '4711' }).waitFor()
    await until(async () => {
      const box = await page.locator('.log .bubble', { hasText: '4711' }).boundingBox()
      expect(box?.y).toBeLessThan(800)
    })
    await page.getByRole('searchbox').press('Escape')
    await page.getByRole('link', { name: /System/ }).waitFor()
  })

  it('says so when there is nothing, and never finds what others said', async () => {
    await at.say('mine alone', 'yes')
    const { page } = await at.visit({ as: 'bob' })
    await page.getByRole('searchbox').fill('mine alone')
    await page.getByText('Nothing found for “mine alone”').first().waitFor()
    expect(await page.locator('.list mark').count()).toBe(0)
  })

  it('does not take an Enter or Escape of an input method for its own', async () => {
    const { page } = await at.visit()
    await page.getByRole('searchbox').fill('にほん')
    await page.evaluate(`document.querySelector('[type=search]').dispatchEvent(
      new KeyboardEvent('keydown', { key: 'Escape', bubbles: true, isComposing: true }))`)
    expect(await page.getByRole('searchbox').inputValue()).toBe('にほん')
  })
})

describe.skipIf(!CHROMIUM)('an answer', () => {
  it('can be stopped: the words so far stay, here and after a reload', async () => {
    const held = heldAnswer(at.model)
    const { page, send, bubbles } = await at.visit()
    await send('A story')
    await held.asked
    held.say('Once upon a time')
    await page.getByText('Once upon a time').waitFor()
    await page.getByRole('button', { name: 'Stop' }).click()
    await page.locator('[data-live]').waitFor({ state: 'detached' })
    await page.getByRole('button', { name: 'Stop' }).waitFor({ state: 'detached' })
    await page.reload()
    await until(async () => expect(await bubbles()).toEqual(['A story', 'Once upon a time']))
  })

  it('can be copied, and says why it is as it is', async () => {
    await at.say('Hello', 'Good **morning**')
    const { page } = await at.visit({ permissions: ['clipboard-read', 'clipboard-write'] })
    await page.getByRole('button', { name: 'Why this answer' }).click()
    await page.getByText('No memory was used.').waitFor()
    await page.getByText(/It took .* second/).waitFor()
    await page.locator('.theirs').getByRole('button', { name: 'Copy' }).click()
    expect(await page.evaluate('navigator.clipboard.readText()')).toBe('Good **morning**')
  })
})
