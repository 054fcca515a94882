/** An exchange that is asked again or changed: one of its versions is shown, all are kept. */
import axe from 'axe-core'
import type { Locator } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { CHROMIUM, listen } from './testing/browser.ts'
import { world } from './testing/world.ts'
import { until } from '../../core/testing/until.ts'

const at = world()

/** Presses Edit at a message. Rows that are measured move away from under the pointer. */
const edit = (message: Locator): Promise<void> =>
  until(async () => {
    await message.hover({ timeout: 1_000 })
    await message.getByRole('button', { name: 'Edit' }).click({ timeout: 1_000 })
  })

/** What the model was asked last, without the words of the system. */
const asked = (): string[] =>
  (at.model.requests.at(-1)?.body.messages ?? [])
    .filter(({ role }: { role: string }) => role !== 'system')
    .map(({ content }: { content?: unknown }) => String(content))

describe.skipIf(!CHROMIUM)('an answer that is asked for again', () => {
  it('stands in the place of the former one, which is a press away, here and after a reload', async () => {
    await at.say('Hello', 'Hi')
    await at.say('Tell me a number', '4')
    const { page, bubbles, faults } = await at.visit({ bypassCSP: true })
    at.model.script(() => '7')
    await page.getByRole('button', { name: 'Answer again' }).click()
    const shows = (answer: string) =>
      until(async () => expect(await bubbles()).toEqual(['Hello', 'Hi', 'Tell me a number', answer]))
    await shows('7')
    expect(asked()).toEqual(['Hello', 'Hi', 'Tell me a number'])
    await page.getByRole('group', { name: 'Version 2 of 2' }).waitFor()
    for (const reload of [false, true]) {
      if (reload) await page.reload()
      await page.getByRole('group', { name: 'Version 2 of 2' }).waitFor()
      const heard = await listen(page)
      await page.getByRole('button', { name: 'Previous version' }).click()
      await shows('4')
      expect(await page.evaluate('document.activeElement.ariaLabel')).toBe('Previous version')
      await until(async () => expect(await heard()).toContain('Version 1 of 2'))
      await page.getByRole('button', { name: 'Next version' }).press('Enter')
      await shows('7')
    }
    await page.addScriptTag({ content: axe.source })
    expect(await page.evaluate('axe.run().then(({ violations }) => violations.map(({ id }) => id))')).toEqual(
      [],
    )
    expect((await at.stored('system')).map(({ text }) => text).slice(2)).toEqual([
      'Tell me a number',
      '4',
      'Tell me a number',
      '7',
    ])
    expect(faults).toEqual([])
  })

  it('counts on all devices in the version that was chosen, and the talk goes on from there', async () => {
    await at.say('Where is it?', 'In the shed')
    const [one, other] = await Promise.all([at.visit(), at.visit()])
    await other.page.getByText('In the shed').last().waitFor()
    at.model.script(() => 'In the attic')
    await one.page.getByRole('button', { name: 'Answer again' }).click()
    await until(async () => expect(await other.bubbles()).toEqual(['Where is it?', 'In the attic']))
    await other.page.getByRole('button', { name: 'Previous version' }).click()
    await until(async () => expect(await one.bubbles()).toEqual(['Where is it?', 'In the shed']))
    at.model.script(() => 'Sure')
    await one.send('Are you sure?')
    await until(async () => expect(await one.bubbles()).toHaveLength(4))
    expect(asked()).toEqual(['Where is it?', 'In the shed', 'Are you sure?'])
    expect(await one.page.getByRole('group', { name: 'Version 1 of 2' }).count()).toBe(1)
  })

  it('that fails leaves the former one a press away', async () => {
    await at.say('Tell me a number', '4')
    const { page, bubbles } = await at.visit()
    at.model.script(() => ({ fail: 500 }))
    await page.getByRole('button', { name: 'Answer again' }).click()
    await page.locator('.failed').waitFor()
    await page.getByRole('button', { name: 'Previous version' }).click()
    await until(async () => expect(await bubbles()).toEqual(['Tell me a number', '4']))
    await page.reload()
    await until(async () => expect(await bubbles()).toContain('Tell me a number'))
    await page.getByRole('group', { name: /of 2/ }).waitFor()
  })
})

describe.skipIf(!CHROMIUM)('a message of the person', () => {
  it('that is changed is another version of the exchange', async () => {
    await at.say('Where is my bike?', 'In the shed')
    const { page, bubbles } = await at.visit()
    const box = page.getByRole('textbox', { name: /Write/ })
    await edit(page.locator('.mine'))
    expect(await box.inputValue()).toBe('Where is my bike?')
    at.model.script(() => 'In the attic')
    await box.fill('Where is my tent?')
    await box.press('Enter')
    await until(async () => expect(await bubbles()).toEqual(['Where is my tent?', 'In the attic']))
    await page.getByRole('button', { name: 'Previous version' }).click()
    await until(async () => expect(await bubbles()).toEqual(['Where is my bike?', 'In the shed']))
  })

  it('is changed by the arrow key from an empty box; Escape gives back what was being written', async () => {
    await at.say('Where is my bike?', 'In the shed')
    const { page, bubbles } = await at.visit()
    const box = page.getByRole('textbox', { name: /Write/ })
    await until(async () => expect(await bubbles()).toHaveLength(2))
    await box.press('ArrowUp')
    await until(async () => expect(await box.inputValue()).toBe('Where is my bike?'))
    await page.getByText('You are changing what you said last.').waitFor()
    await box.press('Escape')
    expect(await box.inputValue()).toBe('')
    await box.fill('half a thought')
    await edit(page.locator('.mine'))
    await page.getByRole('button', { name: 'Cancel' }).click()
    expect(await box.inputValue()).toBe('half a thought')
    expect(await bubbles()).toHaveLength(2)
  })

  it('further up goes into the composer to be said once more', async () => {
    await at.say('one', 'ONE')
    await at.say('two', 'TWO')
    const { page, bubbles } = await at.visit()
    await edit(page.locator('.mine').first())
    await page.getByRole('textbox', { name: /Write/ }).press('Enter')
    await until(async () =>
      expect((await bubbles()).slice(0, 5)).toEqual(['one', 'ONE', 'two', 'TWO', 'one']),
    )
    expect(await page.getByRole('group', { name: /Version/ }).count()).toBe(0)
  })

  it('that is found in a version which is not shown is shown', async () => {
    await at.say('Where is the yellow tent?', 'In the shed')
    const { page, bubbles, send } = await at.visit()
    await until(async () => expect(await bubbles()).toHaveLength(2))
    await page.getByRole('textbox', { name: /Write/ }).press('ArrowUp')
    await page.getByText('You are changing').waitFor()
    await send('Where is my bike?')
    await until(async () =>
      expect(await bubbles()).toEqual(['Where is my bike?', 'You said: Where is my bike?']),
    )
    await page.getByRole('searchbox').fill('yellow')
    await page.locator('.list .row', { hasText: 'yellow' }).click()
    await until(async () => expect(await bubbles()).toEqual(['Where is the yellow tent?', 'In the shed']))
  })
})
