import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import axe from 'axe-core'
import { describe, expect, it } from 'vitest'
import { CHROMIUM, type Visitor } from './testing/browser.ts'
import { DIST, linkOf, world } from './testing/world.ts'
import { until } from '../../core/testing/until.ts'

const at = world()

const EVERYTHING =
  '# Title\n\nSome *text*, a [link](https://a.example) and `code`.\n\n```sh\nls\n```\n\n| a | b |\n|-|-|\n| 1 | 2 |\n\n- [x] done\n\n> quote\n\n![p](https://a.example/p.png)'

async function furnish(): Promise<void> {
  await at.say('Hello', { fail: 500 })
  await at.say('Hello again', EVERYTHING)
}

async function violations({ page }: Visitor): Promise<string[]> {
  await page.addScriptTag({ content: axe.source })
  return page.evaluate(`axe.run({ resultTypes: ['violations'] }).then(({ violations }) =>
    violations.map(({ id, nodes }) => id + ' ' + nodes.map(({ html, failureSummary }) => html + failureSummary).join()))`)
}

describe.skipIf(!CHROMIUM)('with any means', () => {
  it.each([
    ['light', 1440],
    ['dark', 360],
  ] as const)('axe finds nothing: %s, %i px', async (colorScheme, width) => {
    await furnish()
    const look = {
      colorScheme,
      viewport: { width, height: 800 },
      bypassCSP: true,
      reducedMotion: 'reduce',
    } as const
    const visitor = await at.visit(look)
    const { page, openChat, send } = visitor
    await page.getByRole('link', { name: /Veda/ }).waitFor()
    expect(await violations(visitor)).toEqual([])
    await openChat('System')
    await page.locator('table').waitFor()
    expect(await violations(visitor)).toEqual([])
    await page.goBack()
    await openChat('Veda')
    await send('Hello')
    await page.locator('.notice').waitFor()
    expect(await violations(visitor)).toEqual([])
  })

  it.each(['light', 'dark'] as const)('axe finds nothing at the log-in: %s', async (colorScheme) => {
    const visitor = await at.visit({ colorScheme, bypassCSP: true, link: at.core.url })
    await visitor.page.getByLabel('Pass code').waitFor()
    expect(await violations(visitor)).toEqual([])
  })

  it('works by keyboard alone', async () => {
    const { page } = await at.visit()
    await page.getByRole('textbox').waitFor()
    await page.locator('body').press('Shift+Tab')
    const reached = new Set<string>()
    for (let step = 0; step < 20; step++) {
      await page.keyboard.press('Tab')
      reached.add(
        await page.evaluate<string>(
          `(document.activeElement.getAttribute('aria-label') || document.activeElement.id || document.activeElement.querySelector('.row-name')?.textContent) ?? ''`,
        ),
      )
    }
    for (const name of [
      'System',
      'Veda',
      'identity',
      'Chat with System',
      'Attach',
      'Share my location',
      'Write to System',
    ]) {
      expect(reached).toContain(name)
    }
  })
})

describe.skipIf(!CHROMIUM)('on any device', () => {
  it('fits a narrow phone: list, chat, and back, with nothing to scroll sideways', async () => {
    await furnish()
    const phone = { viewport: { width: 360, height: 640 }, hasTouch: true, isMobile: true }
    const { page, openChat } = await at.visit(phone)
    const tooWide =
      'document.documentElement.scrollWidth > innerWidth || document.querySelector(".log")?.scrollWidth > innerWidth'
    await page.getByRole('heading', { level: 1, name: 'Chats' }).waitFor()
    expect(await page.evaluate(tooWide)).toBe(false)
    await openChat('System')
    await page.locator('table').waitFor()
    expect(await page.evaluate(tooWide)).toBe(false)
    await page.getByRole('link', { name: 'Back to the chats' }).click()
    await page.getByRole('heading', { level: 1, name: 'Chats' }).waitFor()
    await openChat('Veda')
    await page.goBack()
    await page.getByRole('heading', { level: 1, name: 'Chats' }).waitFor()
  })

  it('cuts nothing at 320 px and letters of twice the size', async () => {
    await furnish()
    const { page, openChat } = await at.visit({ viewport: { width: 320, height: 800 } })
    const enlarge = (): Promise<unknown> => page.evaluate('document.documentElement.style.fontSize = "200%"')
    const cut = `[...document.querySelectorAll('.app *')].filter((element) => {
      const { left, right, width } = element.getBoundingClientRect()
      return width > 0 && (left < -1 || right > innerWidth + 1) && !element.closest('.wide, pre, .visually-hidden, .row-last')
    }).map(({ className, tagName }) => tagName + ' ' + className)`
    for (const go of [
      async () => void (await page.getByRole('heading', { level: 1, name: 'Chats' }).waitFor()),
      async () => {
        await openChat('System')
        await page.locator('table').waitFor()
      },
      async () => {
        await page.goto(`${at.core.url}/#/settings`)
        await page.getByRole('heading', { level: 1, name: 'Settings' }).waitFor()
      },
    ]) {
      await go()
      await enlarge()
      expect(await page.evaluate(cut)).toEqual([])
    }
  })

  it('moves nothing where motion is unwanted', async () => {
    await furnish()
    const { page, openChat } = await at.visit({ reducedMotion: 'reduce' })
    await openChat('System')
    await page.locator('table').waitFor()
    const moving = `[...document.querySelectorAll('*')].filter((element) => {
      const { transitionDuration, animationDuration, animationName, scrollBehavior } = getComputedStyle(element)
      const longest = (list) => Math.max(...list.split(',').map(parseFloat))
      return longest(transitionDuration) > 0.001 || scrollBehavior === 'smooth' ||
        (animationName !== 'none' && longest(animationDuration) > 0.001)
    }).map(({ className, tagName }) => tagName + ' ' + className)`
    expect(await page.evaluate(moving)).toEqual([])
  })

  it('shows bubbles, toggles and focus where the device chooses the colours', async () => {
    await furnish()
    const { page, openChat } = await at.visit({ forcedColors: 'active' })
    await openChat('System')
    await page.locator('table').waitFor()
    const border = (selector: string): Promise<string> =>
      page.evaluate(`getComputedStyle(document.querySelector('${selector}')).borderTopStyle`)
    expect(await border('.mine .bubble')).toBe('solid')
    await page.getByRole('button', { name: 'Attach' }).focus()
    await page.keyboard.press('Tab')
    expect(await page.evaluate('getComputedStyle(document.activeElement).outlineStyle')).toBe('solid')
  })

  it('takes Return as a new line where a finger writes', async () => {
    const { page, openChat, sent } = await at.visit({
      viewport: { width: 390, height: 844 },
      hasTouch: true,
      isMobile: true,
    })
    await openChat('System')
    const box = page.getByRole('textbox')
    await box.fill('one')
    await box.press('Enter')
    expect(await box.inputValue()).toBe('one\n')
    expect(sent).toEqual([])
    await page.getByRole('button', { name: 'Send' }).tap()
    await until(() => expect(sent).toHaveLength(1))
  })

  it('works over plain http in the home network, and says what that takes away', async () => {
    await at.say('What is there?', '```\nls\n```')
    const link = linkOf(at.core).replace('127.0.0.1', 'home.test')
    const { page, send, faults } = await at.visit({ link })
    expect(await page.evaluate('isSecureContext')).toBe(false)
    await page.getByRole('button', { name: 'Share my location' }).click()
    await page.getByText('Browsers give a location only over https').waitFor()
    await page.getByRole('button', { name: 'Copy code' }).click()
    await page.getByRole('status').getByText('Copied').waitFor({ state: 'attached' })
    await send('Hello')
    await page.getByText('You said: Hello').first().waitFor()
    expect(faults).toEqual([])
  })

  it('weighs at most 88 kB, all languages and pages included', () => {
    const sizes = readdirSync(DIST, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.gz'))
      .map((name) => readFileSync(join(DIST, name)).length)
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThanOrEqual(88 * 1024)
  })
})
